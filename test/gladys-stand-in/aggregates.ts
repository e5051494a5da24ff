import type { Database } from './database'
import type { Household } from './household'
import { type Period, periods, periodStarts } from './periods'
import { type Feature, Refusal, type StoredState } from './types'

export interface Source {
  household: Household
  timeZone: string
  database: Database
}

/*
 * GET /api/v1/device_feature/aggregated_states
 *
 * Parameters: `device_features` selectors, joined by commas in one parameter (without it: 500); `interval` minutes up
 * to now (without it, or not a number: 500); `offset` minutes by which that span lies earlier (negative: 400);
 * `max_states` (100); `group_by` hour, day, week, month or year (anything else, empty too: 400). A selector that is
 * not known: 404 for the whole call, also for those that are.
 *
 * Answer: a list in the order of the selectors, without the selectors:
 *   [{ device: { name }, deviceFeature: { name }, values: [...] }]
 * with `group_by`, whatever `max_states` says, one for each period that has states, oldest first:
 *   { created_at, grouped_date, value, max_value, min_value, sum_value, count_value }
 * where both dates are when the period began by the clocks of Gladys's time zone: "2026-02-28T23:00:00.000Z" is March
 * in Paris, and `value` is the mean. Live and historical states count alike; double rows count twice.
 * Without `group_by`: at most `max_states` such groups of equal size, without `grouped_date`; `created_at` is the
 * oldest in it.
 * A feature of type `binary` or `push` has **no counts**, with or without `group_by`: at most `max_states` times
 *   { value, created_at, end_time }
 * one for each change, where `end_time` is the date of the next change, or null.
 * Only states up to now: what is dated in the future is not there.
 */
export function aggregatedStates({ household, timeZone, database }: Source, query: URLSearchParams): unknown {
  const selectors = query.get('device_features')
  if (selectors === null) throw new Refusal(500, 'SERVER_ERROR', 'Cannot read properties of undefined')
  const parsed = {
    ...spanOf(query, database.now()),
    most: Number.parseInt(query.get('max_states') ?? '', 10) || 100
  }
  const period = query.get('group_by')
  return selectors.split(',').map(selector => {
    const { name, feature } = find(household, selector)
    if (period !== null && !isPeriod(period))
      throw new Refusal(
        400,
        'BAD_REQUEST',
        `Invalid groupBy parameter. Must be one of: ${periods.join(', ')}`
      )
    const states = household.states
      .of(feature.external_id)
      .filter(({ created_at }) => created_at > parsed.from && created_at <= parsed.to)
    const shape = ['binary', 'push'].includes(feature.type)
      ? changesOf(states).slice(0, parsed.most)
      : period === null
        ? bucketsOf(states, parsed.most)
        : groupsOf(states, periodStarts(period, timeZone))
    return { device: { name }, deviceFeature: { name: feature.name }, values: shape }
  })
}

function spanOf(query: URLSearchParams, now: number): { from: string; to: string } {
  const interval = Number.parseInt(query.get('interval') ?? '', 10)
  const offset = Number.parseInt(query.get('offset') ?? '', 10) || 0
  if (offset < 0)
    throw new Refusal(400, 'BAD_REQUEST', 'Invalid offset parameter. Must be a positive number.')
  if (Number.isNaN(interval)) throw new Refusal(500, 'SERVER_ERROR', 'Invalid Date')
  const to = now - offset * 60_000
  return { from: isoOf(to - interval * 60_000), to: isoOf(to) }
}

/** No date is before year 0 or after its last: an interval may be a very large number. */
function isoOf(time: number): string {
  return new Date(Math.max(time, Date.UTC(0, 0))).toISOString()
}

function isPeriod(text: string): text is Period {
  return (periods as readonly string[]).includes(text)
}

function find(household: Household, selector: string): { name: string; feature: Feature } {
  for (const { name, features } of household.devices) {
    const feature = features.find(one => one.selector === selector)
    if (feature !== undefined) return { name, feature }
  }
  throw new Refusal(404, 'NOT_FOUND', 'DeviceFeature not found')
}

function groupsOf(states: readonly StoredState[], startOf: (date: string) => string): object[] {
  const groups = new Map<string, StoredState[]>()
  for (const state of states) {
    const start = startOf(state.created_at)
    const group = groups.get(start)
    if (group === undefined) groups.set(start, [state])
    else group.push(state)
  }
  return [...groups].map(([start, group]) => ({
    grouped_date: start,
    ...totalsOf(group),
    created_at: start
  }))
}

function bucketsOf(states: readonly StoredState[], most: number): object[] {
  const buckets = Math.min(most, states.length)
  const [size, larger] = [Math.floor(states.length / buckets), states.length % buckets]
  let start = 0
  return Array.from({ length: buckets }, (_, index) => {
    const bucket = states.slice(start, (start += size + (index < larger ? 1 : 0)))
    return { created_at: bucket[0]?.created_at, ...totalsOf(bucket) }
  })
}

function totalsOf(states: readonly StoredState[]): object {
  const values = states.map(({ value }) => value)
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    value: sum / values.length,
    max_value: values.reduce((a, b) => Math.max(a, b)),
    min_value: values.reduce((a, b) => Math.min(a, b)),
    sum_value: sum,
    count_value: values.length
  }
}

function changesOf(states: readonly StoredState[]): object[] {
  const changes = states.filter(({ value }, index) => value !== states[index - 1]?.value)
  return changes.map(({ value, created_at }, index) => ({
    value,
    created_at,
    end_time: changes[index + 1]?.created_at ?? null
  }))
}
