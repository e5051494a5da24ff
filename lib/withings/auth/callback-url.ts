import { parseWebUrl, VARIABLE } from '../../base/address'

export type CallbackKind = 'public' | 'limited' | 'invalid' | 'unknown'

const PRIVATE_HOST = /^localhost$|^\[|^\d+(\.\d+){3}$|^[^.]+$|\.(local|lan|home|internal|localdomain|arpa)$/
/** Withings accepts no longer callback (withings-api.md §10.1). */
export const LONGEST_CALLBACK = 255

/** How Withings treats this callback URL: its limited mode accepts any, all else needs a public https one. */
export function callbackKind(text: string): CallbackKind {
  if (VARIABLE.test(text)) return 'unknown'
  const url = parseWebUrl(text)
  // Node-RED leaves a variable within a longer text as it stands.
  if (!url || text.includes('${')) return 'invalid'
  const isPublic =
    url.protocol === 'https:' &&
    (url.port === '' || url.port === '80') &&
    !PRIVATE_HOST.test(url.hostname) &&
    text.length <= LONGEST_CALLBACK
  return isPublic ? 'public' : 'limited'
}

/** Whether this callback URL has another address than `own`, the one of the editor. */
export function isElsewhere(text: string, own: string): boolean {
  if (!['public', 'limited'].includes(callbackKind(text))) return false
  const [url, ownUrl] = [new URL(text), new URL(own)]
  const pathOf = ({ pathname }: URL) => pathname.replace(/\/+$/, '')
  return url.origin !== ownUrl.origin || pathOf(url) !== pathOf(ownUrl)
}

/** Public address of a Node-RED, its httpNodeRoot and a path below → URL; undefined when Withings would not accept it. */
export function publicCallback(publicUrl: string, root: string, path: string): string | undefined {
  const text = [publicUrl, root, path].map(part => part.trim().replace(/^\/+|\/+$/g, '')).filter(part => part)
  const url = text.join('/')
  if (callbackKind(url) !== 'public') return undefined
  const { search, hash } = new URL(url)
  return search === '' && hash === '' ? url : undefined
}
