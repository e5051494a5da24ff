import type { Clock } from '../clock'
import type { CallOptions, WithingsClient } from './client'
import type { Cursor } from './cursor'
import { aroundNamedDays, isNamedDay, namesDays } from './day-span'
import type { MeasureGroup } from './getmeas'
import { dayOf } from './local-days'
import { meastypeOf } from './measure-types'
import { readMeasuresPage, spanFilter } from './measures-pages'
import type { MeasuresPlan } from './measures-plan'
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
      return {
        ...page,
        rows: namesDays(plan) ? page.rows.filter(row => isOfNamedDay(plan, row, timezone)) : page.rows
      }
    },
    span: (from, until) => ({ ...spanFilter(...aroundNamedDays(plan, from, until)), ...types }),
    changed: since => ({ lastupdate: String(since), ...types }),
    overlap: CHANGE_OVERLAP,
    order: byDate
  }
  return runRows(source, userId, plan, stored, clock)
}

function isOfNamedDay(plan: MeasuresPlan, { readings }: MeasureGroup, timezone: string): boolean {
  const date = readings[0]?.date
  return date === undefined || isNamedDay(plan, dayOf(Date.parse(date) / 1000, timezone))
}

function typesOf(plan: MeasuresPlan): Filter {
  if (plan.types.length === 0) return {}
  return { meastypes: plan.types.map(meastypeOf).join(',') }
}

/** Withings sends groups in any order (withings-api.md §11.2 no. 16). */
function byDate(a: MeasureGroup, b: MeasureGroup): number {
  const [first = '', second = ''] = [a.readings[0]?.date, b.readings[0]?.date]
  return first < second ? -1 : first > second ? 1 : Number(a.id) - Number(b.id)
}
