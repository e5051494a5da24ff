import { VARIABLE } from '../../base/address'

export type CallbackKind = 'public' | 'limited' | 'invalid' | 'unknown'

const privateHost = /^localhost$|^\[|^\d+(\.\d+){3}$|^[^.]+$|\.(local|lan|home|internal|localdomain|arpa)$/
/** Withings takes no longer address (withings-api.md §10.1). */
const LONGEST = 255

/** How Withings treats this callback URL: it takes any in its limited mode, but asks for a public https one. */
export function callbackKind(text: string): CallbackKind {
  if (VARIABLE.test(text)) return 'unknown'
  // Half of an address in a variable: Node-RED would leave it as it stands.
  if (text.includes('${')) return 'invalid'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'invalid'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'invalid'
  if (url.username !== '' || url.password !== '') return 'invalid'
  const isPublic =
    url.protocol === 'https:' &&
    (url.port === '' || url.port === '80') &&
    !privateHost.test(url.hostname) &&
    text.length <= LONGEST
  return isPublic ? 'public' : 'limited'
}

/** Whether this callback URL leads to another Node-RED than `own`, the one of the editor, or to the same by another address. */
export function isElsewhere(text: string, own: string): boolean {
  if (!['public', 'limited'].includes(callbackKind(text))) return false
  const placeOf = (address: string): string => {
    const { origin, pathname } = new URL(address)
    return origin + pathname.replace(/\/+$/, '')
  }
  return placeOf(text) !== placeOf(own)
}

/** Outside address of a Node-RED, its httpNodeRoot and a path below → URL; undefined when Withings takes none such. */
export function publicCallback(publicUrl: string, root: string, path: string): string | undefined {
  const text = [publicUrl, root, path].map(part => part.trim().replace(/^\/+|\/+$/g, '')).filter(part => part)
  const url = text.join('/')
  if (callbackKind(url) !== 'public') return undefined
  const { search, hash } = new URL(url)
  return search === '' && hash === '' ? url : undefined
}
