export interface Category {
  /** Number that Withings calls `appli`. */
  category: number
  name: string
  /** What it is about: data that can be fetched now, a thing that happened, or the user's account. */
  kind: 'data' | 'event' | 'user'
  /** What the login needs (withings-api.md §10.4). */
  scope: string
  /** Only with a contract; not subscribed unless chosen. */
  contract: boolean
}

type Row = [category: number, name: string, kind: Category['kind'], scope: string]

const rows: Row[] = [
  [1, 'weight', 'data', 'user.metrics'],
  [2, 'temperature', 'data', 'user.metrics'],
  [4, 'pressure', 'data', 'user.metrics'],
  [16, 'activity', 'data', 'user.activity'],
  [44, 'sleep', 'data', 'user.activity'],
  [46, 'user', 'user', 'user.info'],
  [50, 'bed_in', 'event', 'user.sleepevents'],
  [51, 'bed_out', 'event', 'user.sleepevents'],
  [52, 'inflation_done', 'event', 'user.sleepevents'],
  [54, 'ecg', 'data', 'user.metrics'],
  [55, 'ecg_failed', 'event', 'user.metrics'],
  [58, 'glucose', 'data', 'user.metrics'],
  [61, 'stethoscope', 'data', 'user.metrics'],
  [62, 'hrv', 'data', 'user.metrics'],
  [63, 'urine', 'data', 'user.metrics']
]

const contractRows: Row[] = [
  [60, 'survey', 'event', 'user.data'],
  [98, 'bed_occupied', 'event', 'user.sleepevents'],
  [99, 'bed_empty', 'event', 'user.sleepevents'],
  [100, 'bed_poll', 'event', 'user.sleepevents']
]

function categoryIn([category, name, kind, scope]: Row, contract: boolean): Category {
  return { category, name, kind, scope, contract }
}

/** All that a user can subscribe to (withings-api.md §10.4). 53 belongs to no user and needs a signed call. */
export const CATEGORIES: readonly Category[] = [
  ...rows.map(row => categoryIn(row, false)),
  ...contractRows.map(row => categoryIn(row, true))
]

/** What a node subscribes to unless something else is chosen. */
export const USUAL_CATEGORIES: readonly number[] = rows.map(([category]) => category)

export const BED_IN = 50
export const BED_OUT = 51
export const SLEEP = 44

const byNumber = new Map(CATEGORIES.map(category => [category.category, category]))

/** Any unknown category is an event named `category_<n>`. */
export function categoryOf(category: number): Category {
  return byNumber.get(category) ?? categoryIn([category, `category_${category}`, 'event', 'user.info'], true)
}
