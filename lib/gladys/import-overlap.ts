import type { ImportRecord } from './import-record'
import type { PageContent } from './history-page'
import { addressOfSource, identifierOf, MANUAL, type Addressing } from './ids'

/** What of a person's history an import sends. */
export type ImportScope = Pick<ImportRecord, 'deviceId' | 'from' | 'except'>

/** Whether an import sends all that another one asks for. */
export function covers(one: ImportScope, asked: ImportScope): boolean {
  const hasDevice =
    one.deviceId === asked.deviceId ||
    (one.deviceId === null && asked.deviceId !== null && !one.except.includes(asked.deviceId))
  return hasDevice && (one.from === null || (asked.from !== null && one.from <= asked.from))
}

/** A page without what other imports send. */
export function withoutExcepted(
  page: PageContent,
  { userId, except }: Pick<ImportRecord, 'userId' | 'except'>,
  addressing: Addressing
): PageContent {
  if (except.length === 0) return page
  const ids = except.map(deviceId => (deviceId === MANUAL ? null : deviceId))
  const identifiers = new Set(ids.map(deviceId => identifierOf(userId, deviceId)))
  const prefixes = ids.map(
    deviceId => `${addressOfSource({ userId, deviceId, type: 'battery' }, addressing).device}:`
  )
  return {
    ...page,
    states: page.states.filter(({ feature }) => !prefixes.some(prefix => feature.startsWith(prefix))),
    introduced: page.introduced.filter(
      item => item.kind !== 'reading' || !identifiers.has(identifierOf(item.userId, item.deviceId))
    )
  }
}
