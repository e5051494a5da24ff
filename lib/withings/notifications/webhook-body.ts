import { asId, asInteger, asIsoDate, asText, type JsonObject } from '../../base/json'
import { asDay } from '../sync/local-days'
import { type Notification, notificationOf } from './notification'

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
