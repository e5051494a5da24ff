import { types } from 'node:util'
import { CodedError } from '../errors'
import { BED_IN, BED_OUT } from '../withings/notify-categories'
import type { Source } from './ids'

/** A value as it came in; whether it is a number is decided where states are made. */
export type RawValue = string | number | boolean | null

/** One thing to send, as the flow asked for it. Dates are milliseconds since 1970; undefined: now. */
export type Item =
  | ({ kind: 'reading'; value: RawValue; unit: string | null; model: string | null; date: number } & Source)
  | { kind: 'battery'; userId: string; deviceId: string; model: string; level: number | null; date?: number }
  | ({
      kind: 'direct'
      value: RawValue
      unit: string | null
      name: string | null
      date?: number
    } & FeatureIds)
  /** That something happened or can be fetched; it has no value of its own. */
  | { kind: 'notification'; name: string }

/** Full external ids. */
interface FeatureIds {
  device: string
  feature: string
}

type Fields = Readonly<Record<string, unknown>>

const MOST_ITEMS = 100_000
const LONGEST_ID = 250
const LONGEST_TEXT = 500
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const EARLIEST = Date.UTC(1900, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)

/**
 * Reads `msg.payload`: a Reading, a Device, a notification, a `{device, feature, value, date?, unit?, name?}` with full external ids,
 * an object with its `readings` (a day, a workout, a night, a recording), an array of any of them, or a `latest` object whose values
 * are Readings (design.md §2.3, §2.5, §2.7). Nothing in it is an empty list. Throws BAD_INPUT that names the place and
 * what is wrong there, never the value itself.
 */
export function parseInput(payload: unknown): Item[] {
  return [...itemsIn(payload)]
}

/** As `parseInput`, but each item is read when it is asked for, so that a long list can be read in portions. */
export function* itemsIn(payload: unknown): Generator<Item, void, undefined> {
  const given = { count: 0 }
  if (Array.isArray(payload)) {
    for (const [index, entry] of entriesOf(payload, 'msg.payload', given))
      yield* itemsOf(entry, `msg.payload[${index}]`, given)
    return
  }
  const fields = fieldsOf(payload, 'msg.payload')
  if (isItem(fields)) yield* itemsOf(fields, 'msg.payload', given)
  else yield* parseLatest(fields)
}

/** What stands in one place: one item, or all readings of an object that has them inside. */
function* itemsOf(value: unknown, place: string, given: Given): Generator<Item, void, undefined> {
  const fields = fieldsOf(value, place)
  const { readings } = fields
  if (!Array.isArray(readings)) {
    given.count += 1
    return yield parseItem(fields, place)
  }
  for (const [index, reading] of entriesOf(readings, `${place}.readings`, given)) {
    given.count += 1
    const here = `${place}.readings[${index}]`
    yield parseReading(fieldsOf(reading, here), here)
  }
}

/** How many items a message has given so far. */
interface Given {
  count: number
}

/** The entries of a list, holes included, if with them a message has no more than one may have. */
function entriesOf(list: readonly unknown[], place: string, { count }: Given): Iterable<[number, unknown]> {
  if (count + list.length > MOST_ITEMS) throw bad(place, `has more than ${MOST_ITEMS} entries`)
  return list.entries()
}

function isItem(fields: Fields): boolean {
  return ['feature', 'battery', 'value', 'userId', 'readings', 'category'].some(
    key => key in fields && !isObject(fields[key])
  )
}

function parseLatest(fields: Fields): Item[] {
  const entries = Object.entries(fields)
  if (entries.length > MOST_ITEMS) throw bad('msg.payload', `has more than ${MOST_ITEMS} entries`)
  return entries.map(([key, value]) => {
    const place = `msg.payload.${key.slice(0, 60)}`
    if (!isObject(value))
      throw bad('msg.payload', 'is neither a reading, nor a device, nor an object of readings')
    const item = parseItem(fieldsOf(value, place), place)
    if (item.kind !== 'reading') throw bad(place, 'is not a reading')
    return item
  })
}

function parseItem(fields: Fields, place: string): Item {
  if ('feature' in fields) return parseDirect(fields, place)
  if ('battery' in fields) return parseDevice(fields, place)
  if ('type' in fields) return parseReading(fields, place)
  if ('category' in fields) return parseNotification(fields, place)
  throw bad(
    place,
    'is neither a reading, nor a device, nor {device, feature, value}, nor an object with readings'
  )
}

function parseReading(fields: Fields, place: string): Item {
  const position = fields['position']
  return {
    kind: 'reading',
    type: id(fields, 'type', place),
    value: rawValue(fields, place),
    unit: textOrNull(fields, 'unit', place),
    date: dateIn(fields, 'date', place),
    userId: id(fields, 'userId', place),
    deviceId: absent(fields['deviceId']) ? null : id(fields, 'deviceId', place),
    model: textOrNull(fields, 'model', place),
    ...(absent(position) ? {} : { position: id(fields, 'position', place) })
  }
}

function parseDevice(fields: Fields, place: string): Item {
  const level = fields['batteryLevel']
  if (!absent(level) && !(typeof level === 'number' && level >= 0 && level <= 100))
    throw bad(`${place}.batteryLevel`, 'must be a number from 0 to 100, or null')
  return {
    kind: 'battery',
    deviceId: id(fields, 'id', place),
    userId: id(fields, 'userId', place),
    model: textOrNull(fields, 'model', place) ?? 'Withings',
    level: typeof level === 'number' ? level : null,
    ...(absent(fields['lastSeen']) ? {} : { date: dateIn(fields, 'lastSeen', place) })
  }
}

/** Into bed and out of bed are the two values of one feature of the mat. */
const inBed = new Map<unknown, number>([
  [BED_IN, 1],
  [BED_OUT, 0]
])

function parseNotification(fields: Fields, place: string): Item {
  const value = inBed.get(fields['category'])
  if (value === undefined) return { kind: 'notification', name: id(fields, 'name', place) }
  return parseReading({ ...fields, type: 'in_bed', value, unit: null }, place)
}

function parseDirect(fields: Fields, place: string): Item {
  return {
    kind: 'direct',
    device: id(fields, 'device', place),
    feature: id(fields, 'feature', place),
    value: rawValue(fields, place),
    unit: textOrNull(fields, 'unit', place),
    name: textOrNull(fields, 'name', place),
    ...(absent(fields['date']) ? {} : { date: dateIn(fields, 'date', place) })
  }
}

function fieldsOf(value: unknown, place: string): Fields {
  if (!isObject(value)) throw bad(place, `must be an object, not ${kindOf(value)}`)
  const forbidden = Object.keys(value).find(key => PROTOTYPE_KEYS.has(key))
  if (forbidden !== undefined) throw bad(place, `must not have a key ${forbidden}`)
  return value
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !types.isDate(value)
}

/** A part of an external id and of a topic, so it holds nothing that MQTT or Gladys gives a meaning to. */
function id(fields: Fields, key: string, place: string): string {
  const value = fields[key]
  const here = `${place}.${key}`
  if (typeof value !== 'string' || value === '') throw bad(here, `must be a text, not ${kindOf(value)}`)
  if (value.length > LONGEST_ID) throw bad(here, `is longer than ${LONGEST_ID} characters`)
  // MQTT forbids control characters in topics as well.
  if (/[/+#\s\p{Control}]/u.test(value)) throw bad(here, 'must not hold /, +, # or a space')
  if (/\p{Surrogate}/u.test(value)) throw bad(here, 'is not valid Unicode')
  if (PROTOTYPE_KEYS.has(value)) throw bad(here, `must not be ${value}`)
  return value
}

function rawValue(fields: Fields, place: string): RawValue {
  const value = fields['value']
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value
  throw bad(`${place}.value`, `must be a number, not ${kindOf(value)}`)
}

function textOrNull(fields: Fields, key: string, place: string): string | null {
  const value = fields[key]
  if (absent(value) || value === '') return null
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value
  throw bad(`${place}.${key}`, `must be a text of at most ${LONGEST_TEXT} characters, or null`)
}

function dateIn(fields: Fields, key: string, place: string): number {
  const milliseconds = dateOf(fields[key])
  if (milliseconds === undefined || !(milliseconds >= EARLIEST && milliseconds < LATEST))
    throw bad(`${place}.${key}`, 'must be an ISO 8601 text, a Date or Unix seconds between 1900 and 2100')
  return milliseconds
}

function dateOf(value: unknown): number | undefined {
  // A Date made in a function node comes from another realm, where instanceof says no.
  if (types.isDate(value)) return value.getTime()
  if (typeof value === 'number') return Math.round(value * 1000)
  const day = typeof value === 'string' ? ISO.exec(value)?.[1] : undefined
  if (day === undefined) return undefined
  // Date.parse takes 31 February for 3 March.
  const midnight = new Date(day)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined
  return Date.parse(value as string)
}

function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return 'an array'
  if (types.isDate(value)) return 'a date'
  return value === undefined ? 'missing' : typeof value
}

function bad(place: string, what: string): CodedError {
  return new CodedError('BAD_INPUT', `${place} ${what}`)
}
