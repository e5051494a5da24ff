import { asCodedError } from '../errors'
import { itemIn, type ActivityItem, type Units } from './activity-item'
import { DAYS, runActivity, WORKOUTS, type ActivityList, type Asking } from './activity-run'
import type { Brand } from './brands'
import type { Cursor } from './cursor'
import { withDevice, type DayDevices, type Tracker } from './day-devices'
import type { DayRow } from './getactivity'
import type { WorkoutRow } from './getworkouts'
import { runGoals } from './goals-run'
import { intradayOf } from './intraday'
import { runIntraday } from './intraday-run'
import type { Problem } from './row'
import type { SampleCursor } from './sample-cursor'
import type { SpanPlan } from './span-plan'
import { DEVICELESS, isOfDevice } from './wanted-device'

export const ACTIVITY = ['daily', 'intraday', 'workouts', 'goals'] as const
export type What = (typeof ACTIVITY)[number]

/** What of it a flow wants. */
export interface ActivityWish {
  external: 'include' | 'exclude'
  /** Id of a device; empty: all. */
  device: string
  units: Units
}

/** Where a cursor is kept. */
export interface Shelf<T> {
  get(): T | undefined
  set(value: T): Promise<void>
}

export interface Shelves {
  rows: Shelf<Cursor>
  samples: Shelf<SampleCursor>
}

/** What is delivered at once: everything, or a slice of samples. */
export interface ActivityPart {
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

/** Asks for a plan; what it gives is made while it is read. Throws what `WithingsClient.call` throws. */
export function readActivity(
  what: What,
  asking: Asking,
  plan: SpanPlan,
  wish: ActivityWish,
  shelves: Shelves,
  devices: DayDevices
): AsyncGenerator<ActivityPart> {
  switch (what) {
    case 'daily':
      return readRows(asking, DAYS, plan, wish, shelves.rows, rows =>
        ofTheirDevices(asking, rows, wish, devices)
      )
    case 'workouts':
      return readRows(asking, WORKOUTS, plan, wish, shelves.rows)
    case 'intraday':
      return readSamples(asking, plan, wish, shelves.samples)
    case 'goals':
      return readGoals(asking, plan, wish, shelves.rows)
  }
}

async function* readRows<R extends DayRow | WorkoutRow>(
  asking: Asking,
  list: ActivityList<R>,
  plan: SpanPlan,
  wish: ActivityWish,
  shelf: Shelf<Cursor>,
  completed = (found: R[]): Promise<R[]> => Promise.resolve(found)
): AsyncGenerator<ActivityPart> {
  const { rows, problems, cursor } = await runActivity(asking, list, plan, shelf.get())
  const all: (DayRow | WorkoutRow)['item'][] = (await completed(rows))
    .map(row => row.item)
    .filter(item => isOfDevice(item, wish.device))
  const items = all.filter(item => isWanted(item, wish)).map(item => itemIn(wish.units, item))
  yield {
    items,
    count: items.length,
    heldBack: all.length - items.length,
    problems,
    delivered: keeping(shelf, cursor)
  }
}

/**
 * Days go out without their device where that cannot be told. Who wants those of one device only would miss them for
 * good, so that fails, and the next run tries again.
 */
async function ofTheirDevices(
  asking: Asking,
  rows: DayRow[],
  { device }: ActivityWish,
  known: DayDevices
): Promise<DayRow[]> {
  const trackers = rows.map(row => row.tracker).filter((tracker): tracker is Tracker => tracker !== undefined)
  const { devices, failure } = await known.list(asking, trackers)
  const complete = rows.map(row => withDevice(row, devices))
  const isUnsure = complete.some(({ tracker, item }) => tracker !== undefined && item.deviceId === null)
  if (isUnsure && failure !== undefined && device !== '' && device !== DEVICELESS)
    throw asCodedError(failure, 'WITHINGS_UNAVAILABLE')
  return complete
}

async function* readSamples(
  asking: Asking,
  plan: SpanPlan,
  wish: ActivityWish,
  shelf: Shelf<SampleCursor>
): AsyncGenerator<ActivityPart> {
  for await (const { samples, problems, cursor } of runIntraday(asking, plan, shelf.get())) {
    const own = samples.filter(sample => isOfDevice(sample, wish.device))
    const wanted = own.filter(sample => isWanted(sample, wish))
    const item = intradayOf(wanted, asking.userId, wish.units)
    yield {
      items: item ? [item] : [],
      count: wanted.length,
      heldBack: own.length - wanted.length,
      problems,
      delivered: keeping(shelf, cursor)
    }
  }
}

async function* readGoals(
  asking: Asking,
  plan: SpanPlan,
  wish: ActivityWish,
  shelf: Shelf<Cursor>
): AsyncGenerator<ActivityPart> {
  const { goals, cursor } = await runGoals(asking, plan, shelf.get())
  const items = goals ? [itemIn(wish.units, goals)] : []
  const count = goals?.readings.length ?? 0
  yield { items, count, heldBack: 0, problems: [], delivered: keeping(shelf, cursor) }
}

function isWanted({ brand }: { brand: Brand }, { external }: ActivityWish): boolean {
  return external === 'include' || brand === 'withings'
}

function keeping<T>(shelf: Shelf<T>, cursor: T | undefined): ActivityPart['delivered'] {
  return cursor === undefined ? undefined : () => shelf.set(cursor)
}
