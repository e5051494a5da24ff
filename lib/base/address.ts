/** An address without the login that stood in it. */
export interface PlainAddress {
  address: string
  username?: string
  password?: string
}

const LOGIN = /^(\s*[a-z][a-z\d+.-]*:\/\/)[^/?#\\]*@/i
const PERHAPS_LOGIN = /^(\s*[a-z][a-z\d+.-]*:\/\/)?.*@/is

/** For people to see: whatever may be a user or a password is left out, also of what is no address. */
export function withoutLogin(text: string): string {
  return text.replace(PERHAPS_LOGIN, '$1')
}

/** `mqtt://user:password@host` → its parts. What cannot be read as an address comes back trimmed, as it is. */
export function splitAddress(text: string): PlainAddress {
  const address = text.trim()
  const url = parsed(address)
  if (url === undefined || (url.username === '' && url.password === '')) return { address }
  const { username, password } = url
  return {
    // Cut out of the text: a URL would also write the rest in a way of its own.
    address: address.replace(LOGIN, '$1'),
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) })
  }
}

function parsed(address: string): URL | undefined {
  try {
    return new URL(address)
  } catch {
    return undefined
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A whole `${NAME}` or `$(NAME)`: Node-RED puts an environment variable in its place, and in the place of nothing else. */
export const VARIABLE = /^\$\{([^}]+)\}$|^\$\(([^)]+)\)$/
