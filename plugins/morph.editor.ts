/** What tells an element from its neighbours when they change places. */
const KEYS = ['data-device', 'data-key']

/**
 * Gives `place` this content, and leaves where it is whatever stays: a button that somebody presses
 * at that moment, or that has the focus, is not replaced. So nothing may listen to the elements themselves.
 */
export function morph(place: JQuery, content: readonly JQuery[]): void {
  for (const element of place.get()) {
    const wanted = element.cloneNode() as Element
    $(wanted).append(...content)
    morphElement(element, wanted)
  }
}

function morphElement(place: Element, wanted: Element): void {
  for (const { name } of [...place.attributes]) if (!wanted.hasAttribute(name)) place.removeAttribute(name)
  for (const { name, value } of [...wanted.attributes])
    if (place.getAttribute(name) !== value) place.setAttribute(name, value)
  const children = [...wanted.childNodes]
  for (const [index, child] of children.entries()) {
    const at = place.childNodes[index] ?? null
    const same = [...place.childNodes].slice(index).find(old => isSame(old, child))
    if (same === undefined) place.insertBefore(child, at)
    else {
      if (same !== at) place.insertBefore(same, at)
      if (same instanceof Element && child instanceof Element) morphElement(same, child)
      else if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue
    }
  }
  for (const old of [...place.childNodes].slice(children.length)) old.remove()
}

function isSame(one: ChildNode, other: ChildNode): boolean {
  if (one.nodeName !== other.nodeName) return false
  if (!(one instanceof Element && other instanceof Element)) return true
  return KEYS.every(key => one.getAttribute(key) === other.getAttribute(key))
}
