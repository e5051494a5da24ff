import { DAY_FIELDS } from '../withings/activity-fields'
import type { AnnouncedDevice } from './announcement-store'
import { addressOfSource, componentKeyOf, identifierOf, type Addressing } from './ids'
import type { SentLedger } from './sent-ledger'

const DAY_TYPES = DAY_FIELDS.map(({ type }) => type)

/** What tells which features of days a Gladys has without a device. */
export interface Memory {
  announced: () => ReadonlyMap<string, AnnouncedDevice>
  ledger: Pick<SentLedger, 'newest'>
}

/** Types of days that went without a device so far: there they go on, or a chart would end (design.md §4.2). */
export function manualDayTypes(
  { announced, ledger }: Memory,
  addressing: Addressing,
  userId: string
): string[] {
  const sources = DAY_TYPES.map(type => ({ userId, deviceId: null, type }))
  const { components = {} } = announced().get(identifierOf(userId, null)) ?? {}
  return sources
    .filter(source =>
      addressing === 'discovery'
        ? Object.hasOwn(components, componentKeyOf(source))
        : ledger.newest(addressOfSource(source, addressing).feature) !== undefined
    )
    .map(({ type }) => type)
}

/** The reading or item where it goes on. */
export function whereDaysGoOn<R extends object>(reading: R, types: readonly string[]): R {
  const isDay = 'type' in reading && 'deviceId' in reading && types.some(type => type === reading.type)
  return isDay ? { ...reading, deviceId: null } : reading
}
