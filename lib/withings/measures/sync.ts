import { CodedError } from '../../base/errors'
import { asInteger, asObject, asText } from '../../base/json'
import { byText } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { dayOf, isNamedDay, isZone, namesDays, spanFilter } from '../sync/local-days'
import { isAbsent, type Query, queryOf, type QuerySettings } from '../sync/query'
import { CHANGE_OVERLAP, type Filter, type RowSource } from '../sync/row'
import { sync, type SyncRequest, type SyncResult } from '../sync/sync'
import { type MeasureGroup, measuresFormat, withoutTwins } from './decode'
import { meastypeOf } from './types'

/** Settings of a withings-measures node that a message may override (design.md §2.4). */
export interface MeasuresSettings extends QuerySettings {
  types: readonly string[]
}

export type MeasuresQuery = Query & {
  types: readonly string[]
  /** The message asks for some of the node's types only, and the node's own cursor knows which of them were delivered. */
  narrowed?: true
}

/** Asks for all pages of a query and gives what is to be delivered. Throws what `FetchContext.call` throws. */
export function syncMeasures(
  context: FetchContext,
  request: SyncRequest<MeasuresQuery>
): Promise<SyncResult<MeasureGroup>> {
  return sync(context, measuresSource(context.userId, request.query), request)
}

/** getmeas (withings-api.md §4.1) of real measures, no objectives. */
export function measuresSource(userId: string, query: MeasuresQuery): RowSource<MeasureGroup> {
  const params = { action: 'getmeas', category: '1', ...filterOf(query) }
  return {
    ...measuresFormat(userId),
    request: { path: '/measure', params, scope: 'user.metrics' },
    span: (from, until) => spanFilter(query, from, until),
    changed: since => ({ lastupdate: String(since) }),
    overlap: CHANGE_OVERLAP,
    updatetime: body => asInteger(body.updatetime),
    within: (_, group, body) =>
      !namesDays(query) || isOfNamedDay(query, group, asText(body.timezone) ?? 'UTC'),
    merge: mergeGroups,
    order: byDate
  }
}

/** `home`: the zone in which the user lives. */
function isOfNamedDay(query: MeasuresQuery, { readings, timezone }: MeasureGroup, home: string): boolean {
  const date = readings[0]?.date
  const zone = timezone !== undefined && isZone(timezone) ? timezone : home
  return date === undefined || isNamedDay(query, dayOf(Date.parse(date) / 1000, zone))
}

/** One group with the readings of both, which have one id. */
function mergeGroups(group: MeasureGroup, other: MeasureGroup): MeasureGroup {
  const modified = Math.max(group.modified, other.modified)
  return { ...group, modified, readings: withoutTwins([...group.readings, ...other.readings]) }
}

const FAT_FREE_MASS = 5
/** Only these show that no fat was measured, and so no fat-free mass either. */
const FAT = [6, 8]

function filterOf(query: MeasuresQuery): Filter {
  if (query.types.length === 0) return {}
  const types = query.types.map(meastypeOf)
  const asked = types.includes(FAT_FREE_MASS) ? new Set([...types, ...FAT]) : types
  return { meastypes: [...asked].join(',') }
}

/** Withings sends groups in any order (withings-api.md §11.2 no. 16). */
function byDate(a: MeasureGroup, b: MeasureGroup): number {
  return byText(a.readings[0]?.date ?? '', b.readings[0]?.date ?? '') || Number(a.id) - Number(b.id)
}

/**
 * Node settings and `msg.mode`, `msg.types`, `msg.startDate`, `msg.endDate` → query. `now` in Unix milliseconds.
 * Throws BAD_INPUT for an unknown type and for what `queryOf` cannot use.
 */
export function measuresQueryOf(settings: MeasuresSettings, message: unknown, now: number): MeasuresQuery {
  const asked = namedTypes(asObject(message)?.types)
  const types = asked ?? settings.types
  types.forEach(requireKnown)
  const query = { ...queryOf(settings, message, now), types }
  return query.kind === 'new' && isPart(types, settings.types) ? { ...query, narrowed: true } : query
}

/** Whether `types` are some, but not all, of `whole`; an empty list stands for all types. */
function isPart(types: readonly string[], whole: readonly string[]): boolean {
  if (types.length === 0) return false
  if (whole.length === 0) return true
  return types.every(type => whole.includes(type)) && !whole.every(type => types.includes(type))
}

function namedTypes(value: unknown): string[] | undefined {
  if (isAbsent(value)) return undefined
  const list = typeof value === 'string' ? value.split(',').map(name => name.trim()) : [value].flat()
  return list.filter(name => name !== '').map(requireKnown)
}

function requireKnown(name: unknown): string {
  if (typeof name === 'string' && meastypeOf(name) !== undefined) return name
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 40)) : typeof name
  throw new CodedError('BAD_INPUT', 'unknownType', { name: shown })
}
