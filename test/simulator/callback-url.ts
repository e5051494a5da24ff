const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * The documented rule: a registered base also permits what lies below it, with any arguments (withings-api.md §2.1).
 * On loopback hosts the port is left out of account, so that tests may listen on any.
 */
export function permitsRedirect(registeredUrls: string[], redirectUri: string): boolean {
  return (
    URL.canParse(redirectUri) && registeredUrls.some(base => permits(new URL(base), new URL(redirectUri)))
  )
}

function permits(base: URL, wanted: URL): boolean {
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`
  return (
    wanted.protocol === base.protocol &&
    wanted.hostname === base.hostname &&
    (wanted.port === base.port || loopbackHosts.has(base.hostname)) &&
    (wanted.pathname === base.pathname || wanted.pathname.startsWith(folder)) &&
    (base.search === '' || wanted.search === base.search) &&
    wanted.username === '' &&
    wanted.password === '' &&
    wanted.hash === ''
  )
}
