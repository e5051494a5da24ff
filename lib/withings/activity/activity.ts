import { asCodedError, unreadable } from '../../base/errors'
import { asNumber, asObject, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { asDecimal } from '../readings/decimal'
import { type ActivityItem, itemIn, type Units, valuesOf } from '../readings/item-messages'
import type { Brand } from '../readings/provenance'
import { DEVICELESS, isOfDevice, type Reading } from '../readings/reading'
import type { Cursor } from '../sync/cursor'
import type { Query } from '../sync/query'
import type { Problem } from '../sync/row'
import { sync, type SyncRequest, type SyncResult } from '../sync/sync'
import { type DayDevices, type DayRow, withDevice } from './days'
import { intradayOf } from './intraday'
import type { SampleCursor } from './intraday-cursor'
import { syncIntraday } from './intraday-sync'
import { daysSource, workoutsSource } from './sync'
import type { WorkoutRow } from './workouts'

export const ACTIVITY_KINDS = ['daily', 'intraday', 'workouts', 'goals'] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

/** Where a cursor is kept. */
export interface CursorStore<T> {
  get(): T | undefined
  set(value: T): Promise<void>
}

/** What one run fetches, with the settings and the state of its node. */
export interface ActivityQuery {
  query: Query
  options: {
    external: 'include' | 'exclude'
    /** Id of a device; empty: all. */
    device: string
    units: Units
  }
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
  /** Saves the cursor; to be called after delivery. */
  delivered: (() => Promise<void>) | undefined
}

type Results = AsyncGenerator<ActivityResult>
type Reader = (context: FetchContext, request: ActivityQuery) => Results

const READERS: Readonly<Record<ActivityKind, Reader>> = {
  daily: readDays,
  intraday: readSamples,
  workouts: readWorkouts,
  goals: readGoals
}

/** Fetches lazily: a slice is requested when it is read. Throws what `FetchContext.call` throws. */
export function readActivity(kind: ActivityKind, context: FetchContext, request: ActivityQuery): Results {
  return READERS[kind](context, request)
}

async function* readDays(context: FetchContext, request: ActivityQuery): Results {
  const { query, cursors } = request
  const days = await sync(context, daysSource(context), { query, stored: cursors.rows.get() })
  yield resultOf({ ...days, rows: await withDevices(context, days.rows, request) }, request)
}

async function* readWorkouts(context: FetchContext, request: ActivityQuery): Results {
  const { query, cursors } = request
  yield resultOf(await sync(context, workoutsSource(context), { query, stored: cursors.rows.get() }), request)
}

function resultOf(
  { rows, problems, cursor }: SyncResult<DayRow | WorkoutRow>,
  { options, cursors }: ActivityQuery
): ActivityResult {
  const all = rows.map(({ item }) => item)
  const { wanted, heldBack } = select(all, options)
  const items = wanted.map(item => itemIn(options.units, item))
  return { items, count: items.length, heldBack, problems, delivered: saving(cursors.rows, cursor) }
}

/** Days of an unknown device go out without one; a node for a single device would miss them for good, so it fails. */
async function withDevices(
  context: FetchContext,
  rows: readonly DayRow[],
  { options: { device }, devices: known }: ActivityQuery
): Promise<DayRow[]> {
  const trackers = rows.flatMap(({ tracker }) => tracker ?? [])
  const { devices, failure } = await known.list(context, trackers)
  const complete = rows.map(row => withDevice(row, devices))
  const isUnsure = complete.some(({ tracker, item }) => tracker !== undefined && item.deviceId === null)
  if (isUnsure && failure !== undefined && device !== '' && device !== DEVICELESS)
    throw asCodedError(failure, 'WITHINGS_UNAVAILABLE')
  return complete
}

async function* readSamples(context: FetchContext, { query, options, cursors }: ActivityQuery): Results {
  const stored = cursors.samples.get()
  for await (const { samples, problems, cursor } of syncIntraday(context, { query, stored })) {
    const { wanted, heldBack } = select(samples, options)
    const item = intradayOf(wanted, context.userId, options.units)
    const items = item ? [item] : []
    yield { items, count: wanted.length, heldBack, problems, delivered: saving(cursors.samples, cursor) }
  }
}

async function* readGoals(context: FetchContext, { query, options, cursors }: ActivityQuery): Results {
  const { goals, cursor } = await syncGoals(context, { query, stored: cursors.rows.get() })
  const items = goals ? [itemIn(options.units, goals)] : []
  const count = goals?.readings.length ?? 0
  yield { items, count, heldBack: 0, problems: [], delivered: saving(cursors.rows, cursor) }
}

/** What the node is set to deliver, and how many of its device are data of other brands. */
function select<T extends { deviceId: string | null; brand: Brand }>(
  all: readonly T[],
  { device, external }: ActivityQuery['options']
): { wanted: T[]; heldBack: number } {
  const ofDevice = all.filter(one => isOfDevice(one, device))
  const wanted = ofDevice.filter(({ brand }) => external === 'include' || brand === 'withings')
  return { wanted, heldBack: ofDevice.length - wanted.length }
}

function saving<T>(store: CursorStore<T>, cursor: T | undefined): ActivityResult['delivered'] {
  return cursor === undefined ? undefined : () => store.set(cursor)
}

/** What the user wants to reach (withings-api.md §8.3); without readings when nothing is set. */
export interface Goals extends ActivityItem {
  kind: 'goals'
  /** When they were read: Withings does not tell when they were set. */
  date: string
}

/** Body of getgoals → goals; `[]` means none. `date` in ISO 8601. Undefined when it is neither object nor list. */
export function parseGoals(body: JsonObject, userId: string, date: string): Goals | undefined {
  const raw = Array.isArray(body.goals) ? {} : asObject(body.goals)
  if (raw === undefined) return undefined
  const owner = { userId, deviceId: null }
  const stamp = { ...owner, model: null, date, modified: date, source: 'manual', groupId: 'goals' }
  const goals: [type: string, value: number | undefined, unit: string][] = [
    ['step_goal', asNumber(raw.steps), 'steps'],
    ['sleep_goal', asNumber(raw.sleep), 's'],
    ['weight_goal', asDecimal(asObject(raw.weight) ?? {}), 'kg']
  ]
  const readings: Reading[] = goals.flatMap(([type, value, unit]) =>
    value === undefined || value <= 0 ? [] : [{ type, value, unit, ...stamp }]
  )
  return { kind: 'goals', date, ...owner, readings, values: valuesOf(readings) }
}

/**
 * The goals as they are now, also for a span: Withings keeps no history of them. `new` omits them unless they changed.
 * `cursor` is to be saved after delivery, where there is one. Throws what `FetchContext.call` throws, and BAD_ANSWER
 * for goals that cannot be read.
 */
export async function syncGoals(
  context: FetchContext,
  { query, stored }: SyncRequest
): Promise<{ goals: Goals | undefined; cursor: Cursor | undefined }> {
  const { userId } = context
  const body = await context.call({ path: '/v2/user', params: { action: 'getgoals' }, scope: 'user.info' })
  const now = context.now()
  const goals = parseGoals(body, userId, new Date(now).toISOString())
  if (!goals) throw unreadable('goals')
  if (query.kind !== 'new') return { goals, cursor: undefined }
  const id = JSON.stringify(goals.values)
  if (stored?.userId === userId && stored.delivered.some(([delivered]) => delivered === id))
    return { goals: undefined, cursor: undefined }
  const upTo = Math.floor(now / 1000)
  return { goals, cursor: { userId, upTo, delivered: [[id, upTo]] } }
}
