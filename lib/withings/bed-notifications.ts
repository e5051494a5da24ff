import type { BedEvent } from './bed-states'
import { asIsoDate } from './json'
import type { Notification } from './notification'
import { BED_IN, BED_OUT, categoryOf } from './notify-categories'

export function isBedCategory(category: number): boolean {
  return category === BED_IN || category === BED_OUT
}

/** Undefined without a date: what cannot be put in order cannot be trusted. */
export function bedEventOf({ userId, deviceId, category, date }: Notification): BedEvent | undefined {
  const at = Math.floor(Date.parse(date ?? '') / 1000)
  return Number.isNaN(at) ? undefined : { userId, deviceId: deviceId ?? null, inBed: category === BED_IN, at }
}

/** For an event that Withings never told. */
export function lostBedNotification({ userId, deviceId, inBed, at }: BedEvent): Notification {
  const category = inBed ? BED_IN : BED_OUT
  const date = asIsoDate(at)
  return {
    category,
    name: categoryOf(category).name,
    userId,
    ...(date !== undefined && { date }),
    ...(deviceId !== null && { deviceId }),
    catchUp: true
  }
}
