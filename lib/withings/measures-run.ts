import type { Cursor } from './cursor'
import { aroundNamedDays, isNamedDay, namesDays, spanFilter } from './day-span'
import type { FetchContext } from './fetch-context'
import { measuresFormat, type MeasureGroup } from './getmeas'
import { asInteger, asText } from './json'
import { dayOf, isZone } from './local-days'
import { meastypeOf } from './measure-types'
import type { MeasuresPlan } from './measures-plan'
import type { Reading } from './reading'
import { CHANGE_OVERLAP, type Filter, type RowSource } from './row'
import { runRows, type Query, type RowsResult } from './rows-run'

/** Asks for all pages of a query and gives what is to be delivered. Throws what `FetchContext.call` throws. */
export function runMeasures(
  context: FetchContext,
  { plan, stored }: Query<MeasuresPlan, Cursor>
): Promise<RowsResult<MeasureGroup>> {
  return runRows(context, measuresSource(context.userId, plan), { plan, stored })
}

/** getmeas (withings-api.md §4.1) of real measures, no objectives. */
export function measuresSource(userId: string, plan: MeasuresPlan): RowSource<MeasureGroup> {
  const params = { action: 'getmeas', category: '1', ...typesOf(plan) }
  return {
    ...measuresFormat(userId),
    request: { path: '/measure', params, scope: 'user.metrics' },
    span: (from, until) => spanFilter(...aroundNamedDays(plan, from, until)),
    changed: since => ({ lastupdate: String(since) }),
    overlap: CHANGE_OVERLAP,
    updatetime: body => asInteger(body.updatetime),
    within: (_, group, body) => !namesDays(plan) || isOfNamedDay(plan, group, asText(body.timezone) ?? 'UTC'),
    unite: united,
    order: byDate
  }
}

/** `home`: the zone in which the user lives. */
function isOfNamedDay(plan: MeasuresPlan, { readings, timezone }: MeasureGroup, home: string): boolean {
  const date = readings[0]?.date
  const zone = timezone !== undefined && isZone(timezone) ? timezone : home
  return date === undefined || isNamedDay(plan, dayOf(Date.parse(date) / 1000, zone))
}

/** Two groups with one id as one that holds the readings of both. */
function united(group: MeasureGroup, other: MeasureGroup): MeasureGroup {
  const readings = new Map<string, Reading>()
  for (const reading of [...group.readings, ...other.readings]) {
    const { date, type, position, value } = reading
    const key = JSON.stringify([date, type, position, value])
    if (!readings.has(key)) readings.set(key, reading)
  }
  const modified = Math.max(group.modified, other.modified)
  return { ...group, modified, readings: [...readings.values()] }
}

const FAT_FREE_MASS = 5
/** Without these it cannot be seen that no fat was measured, and so none of the mass without it. */
const FAT = [6, 8]

function typesOf(plan: MeasuresPlan): Filter {
  if (plan.types.length === 0) return {}
  const types = plan.types.map(meastypeOf)
  const asked = types.includes(FAT_FREE_MASS) ? new Set([...types, ...FAT]) : types
  return { meastypes: [...asked].join(',') }
}

/** Withings sends groups in any order (withings-api.md §11.2 no. 16). */
function byDate(a: MeasureGroup, b: MeasureGroup): number {
  const first = a.readings[0]?.date ?? ''
  const second = b.readings[0]?.date ?? ''
  return first < second ? -1 : first > second ? 1 : Number(a.id) - Number(b.id)
}
