const LOGIN = /^(\s*[a-z][a-z\d+.-]*:\/\/)[^/?#\\]*@/i
const PERHAPS_LOGIN = /^(\s*[a-z][a-z\d+.-]*:\/\/)?.*@/is

/** A whole `${NAME}` or `$(NAME)`: Node-RED replaces only these by an environment variable. */
export const VARIABLE = /^\$\{([^}]+)\}$|^\$\(([^)]+)\)$/

/** Undefined where `new URL` would throw. */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** An http or https address without user and password; undefined for any other text. */
export function parseWebUrl(text: string): URL | undefined {
  const url = parseUrl(text)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  return isWeb && url.username === '' && url.password === '' ? url : undefined
}

/** An address for people to see: whatever may be a user or a password is left out, even of text that is no address. */
export function withoutLogin(text: string): string {
  return text.replace(PERHAPS_LOGIN, '$1')
}

/** `mqtt://user:password@host` → address without the login, and the login. Text that is no address is only trimmed. */
export function splitAddress(text: string): { address: string; username?: string; password?: string } {
  const address = text.trim()
  const { username = '', password = '' } = parseUrl(address) ?? {}
  if (username === '' && password === '') return { address }
  return {
    // Cut out of the text: URL would rewrite the rest.
    address: address.replace(LOGIN, '$1'),
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
