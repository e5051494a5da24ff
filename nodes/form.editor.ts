import type { FormNode, Property } from './red.editor'

export function labelStyle(this: { name: string }): string {
  return this.name ? 'node_label_italic' : ''
}

export function textIn(selector: string): string {
  const value = $(selector).val()
  return typeof value === 'string' ? value.trim() : ''
}

/** Calls back with what a field holds, now and whenever one of the fields changes. */
export function follow(selector: string, changed: (text: string) => void): void {
  const report = (): void => changed(textIn(selector))
  $(selector).on('change input', report)
  report()
}

/** The properties of a node type that have a field. */
function fieldsOf(nodeType: string): (Property & { name: string; selector: string })[] {
  const { category, defaults } = RED.nodes.getType(nodeType)
  const prefix = category === 'config' ? '#node-config-input' : '#node-input'
  return Object.entries(defaults)
    .map(([name, property]) => ({ ...property, name, selector: `${prefix}-${name}` }))
    .filter(({ selector }) => $(selector).length > 0)
}

/** Whether a node of the flow is from before a property; a config node that is new has no blank ones yet. */
function lacks(node: FormNode, property: string): boolean {
  return Boolean(RED.nodes.node(node.id)) && (node as Record<string, unknown>)[property] === undefined
}

/**
 * For oneditprepare. A field whose property an older flow lacks shows the default; a required config node that is the only one
 * of its type is chosen already; and the rows do what their attributes say:
 * - `data-when="mode new period"`: shown for these choices only;
 * - `data-hint="withings.daysHint mode"`: says `withings.daysHint.new` for the choice `new`;
 * - `data-override="msg.mode"`: says that `msg.mode` has precedence.
 */
export function openForm(this: FormNode): void {
  const { _: t } = this
  const fields = fieldsOf(this.type)
  for (const { name, selector, value, type, required } of fields)
    if (type === undefined) {
      if (lacks(this, name) && typeof value !== 'boolean') $(selector).val(String(value))
    } else if (required === true) chooseTheOnly(type, $(selector))

  const forEach = (attribute: string, run: (element: JQuery, words: string[]) => void): void => {
    $(`#${this.type}-form [${attribute}]`).each((_, element) =>
      run($(element), ($(element).attr(attribute) ?? '').split(' '))
    )
  }
  const selectorOf = (wanted?: string) => fields.find(({ name }) => name === wanted)?.selector ?? ''
  forEach('data-when', (row, [property, ...choices]) =>
    follow(selectorOf(property), choice => row.toggle(choices.includes(choice)))
  )
  forEach('data-hint', (hint, [key, property]) =>
    follow(selectorOf(property), choice => {
      const choiceKey = `${key}.${choice}`
      hint.text(t(choiceKey))
    })
  )
  forEach('data-override', (hint, [property = '']) => hint.text(t('withings.override', { property })))
}

/** Node-RED does that for a node that is dropped later than its config node, not for an earlier one. */
function chooseTheOnly(type: string, list: JQuery): void {
  const options = list.find<HTMLOptionElement>('option').toArray()
  const offered = options.map(({ value }) => value).filter(id => RED.nodes.node(id)?.type === type)
  const [only] = offered
  if (only !== undefined && offered.length === 1) list.val(only)
}

/**
 * For oneditsave. Numbers are kept as numbers; an `${ENV}` text, or what the validator complains about, stays as it was
 * typed. A property that the flow lacks stays away while its field shows the default, so that the node has not changed.
 */
export function saveForm(this: FormNode): void {
  for (const { name, selector, value } of fieldsOf(this.type)) {
    const text = textIn(selector)
    // Node-RED takes over what it finds a field for.
    if (lacks(this, name) && text === String(value)) $(selector).removeAttr('id')
    else if (typeof value === 'number')
      Object.assign(this, { [name]: text === '' || Number.isNaN(Number(text)) ? text : Number(text) })
  }
}

export function tickBox(value: string | number, label: string, ticked: boolean): JQuery {
  const box = $('<input type="checkbox">').val(value).prop('checked', ticked)
  return $('<label>').append(box, document.createTextNode(label))
}

export function tickGroup(title: string, boxes: readonly JQuery[]): JQuery {
  return $('<fieldset>').append($('<legend>').text(title), ...boxes)
}

/** Values of the ticked boxes. */
export function tickedIn(root: JQuery): string[] {
  const boxes = root.find<HTMLInputElement>('input:checked').toArray()
  return boxes.map(box => box.value)
}
