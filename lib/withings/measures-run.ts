import type { Clock } from '../clock'
import type { CallOptions, WithingsClient } from './client'
import type { Cursor } from './cursor'
import { aroundNamedDays, isNamedDay, namesDays } from './day-span'
import type { MeasureGroup } from './getmeas'
import { dayOf, isZone } from './local-days'
import { meastypeOf } from './measure-types'
import { readMeasuresPage, spanFilter } from './measures-pages'
import type { MeasuresPlan } from './measures-plan'
import type { Reading } from './reading'
import { CHANGE_OVERLAP, type Filter, type RowSource } from './row'
import { runRows, type RowsResult } from './rows-run'

/** Asks for all pages of a plan and gives what is to be delivered. Throws what `WithingsClient.call` throws. */
export function runMeasures(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  plan: MeasuresPlan,
  stored: Cursor | undefined,
  clock: Clock,
  options: CallOptions
): Promise<RowsResult<MeasureGroup>> {
  const types = typesOf(plan)
  const source: RowSource<MeasureGroup> = {
    page: async (filter, offset) => {
      const { timezone, ...page } = await readMeasuresPage(client, userId, filter, offset, options)
      const rows = namesDays(plan) ? page.rows.filter(row => isOfNamedDay(plan, row, timezone)) : page.rows
      return { ...page, rows: merged(rows) }
    },
    span: (from, until) => ({ ...spanFilter(...aroundNamedDays(plan, from, until)), ...types }),
    changed: since => ({ lastupdate: String(since), ...types }),
    overlap: CHANGE_OVERLAP,
    order: byDate
  }
  return runRows(source, userId, plan, stored, clock)
}

/** `home`: the zone in which the user lives. */
function isOfNamedDay(plan: MeasuresPlan, { readings, timezone }: MeasureGroup, home: string): boolean {
  const date = readings[0]?.date
  const zone = timezone !== undefined && isZone(timezone) ? timezone : home
  return date === undefined || isNamedDay(plan, dayOf(Date.parse(date) / 1000, zone))
}

/** Groups with one id as one, for rows are told apart by their ids: it holds the readings of all of them. */
function merged(groups: readonly MeasureGroup[]): MeasureGroup[] {
  const byId = new Map<string, MeasureGroup[]>()
  for (const group of groups) {
    const others = byId.get(group.id)
    if (others) others.push(group)
    else byId.set(group.id, [group])
  }
  return byId.size === groups.length ? [...groups] : [...byId.values()].map(union)
}

function union(groups: readonly MeasureGroup[]): MeasureGroup {
  const [first, ...others] = groups as [MeasureGroup, ...MeasureGroup[]]
  const readings = new Map<string, Reading>()
  for (const reading of groups.flatMap(group => group.readings)) {
    const { date, type, position, value } = reading
    const key = JSON.stringify([date, type, position, value])
    if (!readings.has(key)) readings.set(key, reading)
  }
  const modified = others.reduce((latest, group) => Math.max(latest, group.modified), first.modified)
  return { ...first, modified, readings: [...readings.values()] }
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
  const [first = '', second = ''] = [a.readings[0]?.date, b.readings[0]?.date]
  return first < second ? -1 : first > second ? 1 : Number(a.id) - Number(b.id)
}
