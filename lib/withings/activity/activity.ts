import { asCodedError } from '../../base/errors'
import type { FetchContext } from '../api/client'
import type { Brand } from '../readings/brands'
import { type ActivityItem, itemIn, type Units } from '../readings/item-messages'
import { DEVICELESS, isOfDevice } from '../readings/reading'
import type { Cursor } from '../sync/cursor'
import type { Query } from '../sync/query'
import type { Problem, RowSource } from '../sync/row'
import { sync } from '../sync/sync'
import { type DayDevices, withDevice } from './day-devices'
import type { DayRow, Tracker } from './days'
import { runGoals } from './goals'
import { intradayOf } from './intraday'
import type { SampleCursor } from './intraday-cursor'
import { syncIntraday } from './intraday-sync'
import { daysSource, workoutsSource } from './sync'
import type { WorkoutRow } from './workouts'

export const ACTIVITY = ['daily', 'intraday', 'workouts', 'goals'] as const
export type What = (typeof ACTIVITY)[number]

/** What of it a flow wants. */
export interface ActivityOptions {
  external: 'include' | 'exclude'
  /** Id of a device; empty: all. */
  device: string
  units: Units
}

/** Where a cursor is kept. */
export interface CursorStore<T> {
  get(): T | undefined
  set(value: T): Promise<void>
}

/** What one run asks for, and what the node remembers of the runs before. */
export interface ActivityQuery {
  query: Query
  options: ActivityOptions
  cursors: { rows: CursorStore<Cursor>; samples: CursorStore<SampleCursor> }
  devices: DayDevices
}

/** What is delivered at once: everything, or a slice of samples. */
export interface ActivityResult {
  /** Oldest first. */
  items: ActivityItem[]
  /** Days, workouts, goals or samples in `items`. */
  count: number
  /** How many were left out as data of other brands. */
  heldBack: number
  problems: Problem[]
  /** To be called once it was delivered, where there is a cursor to be kept. */
  delivered: (() => Promise<void>) | undefined
}

/** Asks for a query; what it gives is made while it is read. Throws what `FetchContext.call` throws. */
export function readActivity(
  what: What,
  context: FetchContext,
  query: ActivityQuery
): AsyncGenerator<ActivityResult> {
  switch (what) {
    case 'daily':
      return readRows(context, daysSource(context), {
        ...query,
        complete: rows => ofTheirDevices(context, rows, query)
      })
    case 'workouts':
      return readRows(context, workoutsSource(context), query)
    case 'intraday':
      return readSamples(context, query)
    case 'goals':
      return readGoals(context, query)
  }
}

async function* readRows<R extends DayRow | WorkoutRow>(
  context: FetchContext,
  source: RowSource<R>,
  { query, options, cursors, complete }: ActivityQuery & { complete?: (rows: R[]) => Promise<R[]> }
): AsyncGenerator<ActivityResult> {
  const { rows, problems, cursor } = await sync(context, source, { query, stored: cursors.rows.get() })
  const all: (DayRow | WorkoutRow)['item'][] = (complete ? await complete(rows) : rows)
    .map(row => row.item)
    .filter(item => isOfDevice(item, options.device))
  const items = all.filter(item => isWanted(item, options)).map(item => itemIn(options.units, item))
  yield {
    items,
    count: items.length,
    heldBack: all.length - items.length,
    problems,
    delivered: keeping(cursors.rows, cursor)
  }
}

/**
 * Days go out without their device where that cannot be told. Who wants those of one device only would miss them for
 * good, so that fails, and the next run tries again.
 */
async function ofTheirDevices(
  context: FetchContext,
  rows: DayRow[],
  { options: { device }, devices: known }: ActivityQuery
): Promise<DayRow[]> {
  const trackers = rows.map(row => row.tracker).filter((tracker): tracker is Tracker => tracker !== undefined)
  const { devices, failure } = await known.list(context, trackers)
  const complete = rows.map(row => withDevice(row, devices))
  const isUnsure = complete.some(({ tracker, item }) => tracker !== undefined && item.deviceId === null)
  if (isUnsure && failure !== undefined && device !== '' && device !== DEVICELESS)
    throw asCodedError(failure, 'WITHINGS_UNAVAILABLE')
  return complete
}

async function* readSamples(
  context: FetchContext,
  { query, options, cursors }: ActivityQuery
): AsyncGenerator<ActivityResult> {
  const stored = cursors.samples.get()
  for await (const { samples, problems, cursor } of syncIntraday(context, { query, stored })) {
    const own = samples.filter(sample => isOfDevice(sample, options.device))
    const wanted = own.filter(sample => isWanted(sample, options))
    const item = intradayOf(wanted, context.userId, options.units)
    yield {
      items: item ? [item] : [],
      count: wanted.length,
      heldBack: own.length - wanted.length,
      problems,
      delivered: keeping(cursors.samples, cursor)
    }
  }
}

async function* readGoals(
  context: FetchContext,
  { query, options, cursors }: ActivityQuery
): AsyncGenerator<ActivityResult> {
  const { goals, cursor } = await runGoals(context, { query, stored: cursors.rows.get() })
  const items = goals ? [itemIn(options.units, goals)] : []
  const count = goals?.readings.length ?? 0
  yield { items, count, heldBack: 0, problems: [], delivered: keeping(cursors.rows, cursor) }
}

function isWanted({ brand }: { brand: Brand }, { external }: ActivityOptions): boolean {
  return external === 'include' || brand === 'withings'
}

function keeping<T>(store: CursorStore<T>, cursor: T | undefined): ActivityResult['delivered'] {
  return cursor === undefined ? undefined : () => store.set(cursor)
}
