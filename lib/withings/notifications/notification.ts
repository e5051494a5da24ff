import { asId, asInteger, asIsoDate, asText, type JsonObject } from '../../base/json'
import { asDay } from '../sync/local-days'
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

type Details = Omit<Notification, 'category' | 'name' | 'userId'>

/** Leaves out what is undefined. */
export function notificationOf(
  category: number,
  userId: string,
  details: { [Key in keyof Details]: Details[Key] | undefined }
): Notification {
  return { category, name: categoryOf(category).name, userId, ...defined<Details>(details) }
}

/** For everything that may have been missed between two moments, in Unix seconds. */
export function catchUpOf(category: number, userId: string, from: number, until: number): Notification {
  const span = { startDate: asIsoDate(from), endDate: asIsoDate(until) }
  return notificationOf(category, userId, { ...span, catchUp: true })
}

/** What goes into the flow; the dates stand where nodes that fetch look for them. */
export interface NotificationMessage {
  payload: Notification
  topic: string
  startDate?: string
  endDate?: string
  mode?: 'new'
}

/**
 * A notification as a message. A day without a zone becomes the span of that day: the fetched rows know the zone. A
 * catch-up requests everything that changed since the last run.
 */
export function messageOf(notification: Notification): NotificationMessage {
  const { userId, name, category, catchUp, date, startDate = date, endDate = date } = notification
  const message = { payload: notification, topic: `withings/${userId}/${name}` }
  if (categoryOf(category).kind !== 'data') return message
  if (catchUp) return { ...message, mode: 'new' }
  return { ...message, ...defined({ startDate, endDate }) }
}

/** Whether it says that the login is gone. */
export function endsLogin({ category, action }: Notification): boolean {
  return categoryOf(category).kind === 'user' && (action === 'unlink' || action === 'delete')
}

function defined<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}

/**
 * Form that Withings posted (withings-api.md §10.3) → notification; undefined when it names no category or another
 * user than `userId`. Other fields that cannot be read are left out: whoever knows the address can send anything, but
 * a notification is at most a reason to fetch.
 */
export function parseWebhookBody(form: JsonObject, userId: string): Notification | undefined {
  const category = asInteger(form.appli)
  if (category === undefined || category < 0 || (asId(form.userid) ?? userId) !== userId) return undefined
  return notificationOf(category, userId, {
    startDate: asIsoDate(form.startdate),
    endDate: asIsoDate(form.enddate),
    date: asDay(form.date) ?? asIsoDate(form.date),
    deviceId: wordIn(form.deviceid),
    action: wordIn(form.action)
  })
}

/** Ids of Withings are never longer, and have no other characters. */
const WORD = /^[\w.:-]{1,100}$/

function wordIn(value: unknown): string | undefined {
  const text = asText(value)
  return text !== undefined && WORD.test(text) ? text : undefined
}
