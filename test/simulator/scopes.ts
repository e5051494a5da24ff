/** withings-api.md §2.3 */
export const knownScopes = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents']

/** Null when it is no comma-separated list of scopes that exist. */
export function parseScopes(text: string): string[] | null {
  const scopes = text.split(',')
  return scopes.every(scope => knownScopes.includes(scope)) && new Set(scopes).size === scopes.length
    ? scopes
    : null
}
