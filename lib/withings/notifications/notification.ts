import { asId, asInteger, asIsoDate, asText, type JsonObject } from '../../base/json'
import { categoryOf } from './categories'

/** What Withings told (design.md §2.6). Dates are ISO 8601; `date` of category 16 is a day without a zone. */
export interface Notification {
  category: number
  name: string
  userId: string
  startDate?: string
  endDate?: string
  date?: string
  deviceId?: string
  /** `unlink`, `delete` or `update` of category 46. */
  action?: string
  /** Not told by Withings, but by the package, which found out that something may have been missed. */
  catchUp?: true
}

/** What goes into the flow; the dates stand where nodes that fetch look for them. */
export interface NotificationMessage {
  payload: Notification
  topic: string
  startDate?: string
  endDate?: string
  mode?: 'new'
}

/** Withings repeats after 10 s what was not answered well; later repeats mean that nothing was answered at all. */
const REPEAT_SPAN = 60_000
const MOST_REPEATS = 1_000

const DAY = /^\d{4}-\d{2}-\d{2}$/
/** No id of Withings needs more, or other characters; whoever found the address could send anything. */
const ID = /^[\w.:-]{1,100}$/

/**
 * Form that Withings posted (withings-api.md §10.3) → notification; undefined when it names no category or another
 * user than `userId`. What cannot be read of the rest is left out: it is at most a reason to fetch.
 */
export function parseWebhookBody(form: JsonObject, userId: string): Notification | undefined {
  const category = asInteger(form.appli)
  if (category === undefined || category < 0 || (asId(form.userid) ?? userId) !== userId) return undefined
  const startDate = asIsoDate(form.startdate)
  const endDate = asIsoDate(form.enddate)
  const date = asDay(form.date) ?? asIsoDate(form.date)
  const deviceId = idIn(form.deviceid)
  const action = idIn(form.action)
  return {
    category,
    name: categoryOf(category).name,
    userId,
    ...(startDate !== undefined && { startDate }),
    ...(endDate !== undefined && { endDate }),
    ...(date !== undefined && { date }),
    ...(deviceId !== undefined && { deviceId }),
    ...(action !== undefined && { action })
  }
}

/**
 * A notification as a message. One that only names a day spans that day: a day of the calendar, whose zone the
 * fetched rows know. One that makes up for something missed asks for everything that changed since the last run.
 */
export function messageOf(notification: Notification): NotificationMessage {
  const { userId, name, category, catchUp, date } = notification
  const message = { payload: notification, topic: `withings/${userId}/${name}` }
  if (categoryOf(category).kind !== 'data') return message
  if (catchUp) return { ...message, mode: 'new' }
  const startDate = notification.startDate ?? date
  const endDate = notification.endDate ?? date
  return {
    ...message,
    ...(startDate !== undefined && { startDate }),
    ...(endDate !== undefined && { endDate })
  }
}

/** For everything that may have been missed between two moments, in Unix seconds. */
export function catchUpOf(category: number, userId: string, from: number, until: number): Notification {
  const { name } = categoryOf(category)
  const startDate = asIsoDate(from)
  const endDate = asIsoDate(until)
  return {
    category,
    name,
    userId,
    ...(startDate !== undefined && { startDate }),
    ...(endDate !== undefined && { endDate }),
    catchUp: true
  }
}

/** Whether it says that the login is gone. */
export function endsLogin({ category, action }: Notification): boolean {
  return categoryOf(category).kind === 'user' && (action === 'unlink' || action === 'delete')
}

/**
 * Recognises a notification that came a moment ago. Only for those that say what they are about to the second: the
 * one for today's activity is the same all day long, and each may mean something new.
 */
export class RecentDeliveries {
  private readonly seen = new Map<string, number>()

  /** `now` in Unix milliseconds. */
  isDuplicate(notification: Notification, now: number): boolean {
    if (notification.startDate === undefined && notification.deviceId === undefined) return false
    const key = JSON.stringify(notification)
    for (const [other, at] of this.seen) {
      if (now - at < REPEAT_SPAN && this.seen.size < MOST_REPEATS) break
      this.seen.delete(other)
    }
    const known = this.seen.has(key)
    if (!known) this.seen.set(key, now)
    return known
  }
}

function asDay(value: unknown): string | undefined {
  const text = asText(value)
  return text !== undefined && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
}

function idIn(value: unknown): string | undefined {
  const text = asText(value)
  return text !== undefined && ID.test(text) ? text : undefined
}
