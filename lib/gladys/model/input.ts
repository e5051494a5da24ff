import { types } from 'node:util'
import { CodedError } from '../../base/errors'
import type { Reason, Text } from '../../base/translate'
import { BED_IN, BED_OUT } from '../../withings/notifications/categories'
import type { Reading } from '../../withings/readings/reading'
import type { DirectItem, Item, RawValue, ReadingItem, UnusableItem } from './items'
import { trackerIdOf } from './trackers'

type Fields = Readonly<Record<string, unknown>>

const MAX_ITEMS = 100_000
const MAX_ID_LENGTH = 250
const MAX_TEXT_LENGTH = 500
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
const ITEM_KEYS = ['feature', 'battery', 'type', 'readings', 'category']
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const EARLIEST = Date.UTC(1900, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)
/** A larger number is milliseconds: as seconds it would lie beyond all dates. */
const EARLIEST_MILLISECONDS = Date.UTC(2001, 0, 1)

/**
 * Reads `msg.payload`: a Reading, a Device, a notification, a `{device, feature, value, date?, unit?, name?}` with full
 * external ids, an object with its `readings` (a day, a workout, a night, a recording), an array of any of them, or a
 * `latest` object whose values are Readings (design.md §2.3, §2.5, §2.7). Empty lists are allowed. Each item is read
 * when it is asked for, so that a long list can be read in portions. What is unusable becomes an item of that kind;
 * throws BAD_INPUT at the end when there was nothing else. Both name the place and the problem, never the value.
 */
export function* itemsIn(payload: unknown): Generator<Item, void, undefined> {
  let problem: BadInput | undefined
  let anyUsable = false
  for (const parse of parsersOf(payload)) {
    const found = orProblem(parse)
    if (!(found instanceof BadInput)) anyUsable = true
    else problem ??= found
    yield found instanceof BadInput ? found.item : found
  }
  if (problem !== undefined && !anyUsable) throw problem
}

/** A reading that this package decoded; undefined for one that Gladys cannot take, e.g. dated after 2100. */
export function itemOf(reading: Reading): ReadingItem | undefined {
  const found = orProblem(() => parseReading(reading as Reading & Fields, 'reading'))
  return found instanceof BadInput ? undefined : found
}

/** Reads one item; throws BadInput. */
type Parse = () => Item

/** How many items a message has given so far. */
interface Given {
  count: number
}

function* parsersOf(payload: unknown): Generator<Parse, void, undefined> {
  const given = { count: 0 }
  if (Array.isArray(payload)) {
    for (const [index, entry] of limited<unknown>(payload, 'msg.payload', given).entries())
      yield* parsersIn(entry, `msg.payload[${index}]`, given)
    return
  }
  const fields = fieldsOf(payload, 'msg.payload')
  const isItem = ITEM_KEYS.some(key => key in fields && !isObject(fields[key]))
  if (isItem) yield* parsersIn(fields, 'msg.payload', given)
  else yield* latestIn(fields)
}

/** The item in one place, or all readings of an object that holds some. */
function* parsersIn(value: unknown, place: string, given: Given): Generator<Parse, void, undefined> {
  const readings = isObject(value) ? value['readings'] : undefined
  if (!Array.isArray(readings)) {
    given.count += 1
    return yield () => parseItem(fieldsOf(value, place), place)
  }
  for (const [index, reading] of limited<unknown>(readings, `${place}.readings`, given).entries()) {
    given.count += 1
    const here = `${place}.readings[${index}]`
    yield () => parseTracked(fieldsOf(reading, here), here)
  }
}

/** The list if the message stays within the limit with it. */
function limited<T>(list: readonly T[], place: string, { count }: Given = { count: 0 }): readonly T[] {
  if (count + list.length <= MAX_ITEMS) return list
  throw new BadInput(place, { key: 'tooManyEntries', params: { count: MAX_ITEMS } })
}

function* latestIn(fields: Fields): Generator<Parse, void, undefined> {
  const entries = limited(Object.entries(fields), 'msg.payload')
  if (entries.length > 0 && !entries.some(([, value]) => isObject(value)))
    throw new BadInput('msg.payload', { key: 'noReadings' })
  for (const [key, value] of entries) {
    const place = `msg.payload.${key.slice(0, 60)}`
    yield () => {
      const item = parseItem(fieldsOf(value, place), place)
      if (item.kind !== 'reading') throw new BadInput(place, { key: 'noReading' })
      return item
    }
  }
}

function parseItem(fields: Fields, place: string): Item {
  if ('feature' in fields) return parseDirect(fields, place)
  if ('battery' in fields) return parseDevice(fields, place)
  if ('type' in fields) return parseTracked(fields, place)
  if ('category' in fields) return parseNotification(fields, place)
  throw new BadInput(place, { key: 'noItem' })
}

/** A reading without a device gets the id of its tracker in Gladys, if it has one. */
function parseTracked(fields: Fields, place: string): ReadingItem {
  const item = parseReading(fields, place)
  if (item.deviceId !== null) return item
  const { source, modelId } = fields
  return { ...item, deviceId: trackerIdOf({ type: item.type, deviceId: null, source, modelId }) }
}

function parseReading(fields: Fields, place: string): ReadingItem {
  const item: ReadingItem = {
    kind: 'reading',
    type: id(fields, 'type', place),
    value: rawValue(fields, place),
    unit: textOrNull(fields, 'unit', place),
    date: dateIn(fields, 'date', place),
    userId: id(fields, 'userId', place),
    deviceId: absent(fields['deviceId']) ? null : id(fields, 'deviceId', place),
    model: textOrNull(fields, 'model', place)
  }
  const position = fields['position']
  return absent(position) ? item : { ...item, position: id(fields, 'position', place) }
}

function parseDevice(fields: Fields, place: string): Item {
  const level = fields['batteryLevel']
  if (!absent(level) && !(typeof level === 'number' && level >= 0 && level <= 100))
    throw new BadInput(`${place}.batteryLevel`, { key: 'mustBeLevel' })
  return {
    kind: 'battery',
    deviceId: id(fields, 'id', place),
    userId: id(fields, 'userId', place),
    model: textOrNull(fields, 'model', place) ?? 'Withings',
    level: typeof level === 'number' ? level : null,
    ...(absent(fields['lastSeen']) ? {} : { date: dateIn(fields, 'lastSeen', place) })
  }
}

function parseNotification(fields: Fields, place: string): Item {
  const { category } = fields
  if (category !== BED_IN && category !== BED_OUT)
    return { kind: 'notification', name: id(fields, 'name', place) }
  // Getting into bed and out of it are the two values of one feature of the sleep mat.
  return parseReading({ ...fields, type: 'in_bed', value: category === BED_IN ? 1 : 0, unit: null }, place)
}

function parseDirect(fields: Fields, place: string): DirectItem {
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
  if (!isObject(value)) throw new BadInput(place, { key: 'mustBeObject', params: { kind: typeOf(value) } })
  const forbidden = Object.keys(value).find(key => PROTOTYPE_KEYS.has(key))
  if (forbidden !== undefined) throw new BadInput(place, { key: 'forbiddenKey', params: { key: forbidden } })
  return value
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !types.isDate(value)
}

/** Becomes part of external ids and topics, so nothing that is special in MQTT or Gladys is allowed. */
function id(fields: Fields, key: string, place: string): string {
  const value = fields[key]
  const problem = problemOfId(value)
  if (problem !== undefined) throw new BadInput(`${place}.${key}`, problem)
  return value as string
}

function problemOfId(value: unknown): Text | undefined {
  if (typeof value !== 'string' || value === '') return { key: 'mustBeText', params: { kind: typeOf(value) } }
  if (value.length > MAX_ID_LENGTH) return { key: 'tooLong', params: { count: MAX_ID_LENGTH } }
  // MQTT forbids control characters in topics as well.
  if (/[/+#\s\p{Control}]/u.test(value)) return { key: 'forbiddenCharacter' }
  if (/\p{Surrogate}/u.test(value)) return { key: 'notUnicode' }
  return PROTOTYPE_KEYS.has(value) ? { key: 'forbiddenText', params: { text: value } } : undefined
}

function rawValue(fields: Fields, place: string): RawValue {
  const value = fields['value']
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value
  throw new BadInput(`${place}.value`, { key: 'mustBeNumber', params: { kind: typeOf(value) } })
}

function textOrNull(fields: Fields, key: string, place: string): string | null {
  const value = fields[key]
  if (absent(value) || value === '') return null
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value
  throw new BadInput(`${place}.${key}`, { key: 'mustBeShortText', params: { count: MAX_TEXT_LENGTH } })
}

function dateIn(fields: Fields, key: string, place: string): number {
  const milliseconds = dateOf(fields[key])
  if (milliseconds === undefined || !(milliseconds >= EARLIEST && milliseconds < LATEST))
    throw new BadInput(`${place}.${key}`, { key: 'mustBeDate' })
  return milliseconds
}

function dateOf(value: unknown): number | undefined {
  // A Date made in a function node comes from another realm, where instanceof says no.
  if (types.isDate(value)) return value.getTime()
  if (typeof value === 'number') return Math.round(value >= EARLIEST_MILLISECONDS ? value : value * 1000)
  if (typeof value !== 'string' || !ISO.test(value)) return undefined
  // Date.parse takes 31 February for 3 March.
  const isReal = value.slice(8, 10) <= '28' || isDayOfCalendar(value.slice(0, 10))
  return isReal ? Date.parse(value) : undefined
}

function isDayOfCalendar(day: string): boolean {
  const midnight = new Date(day)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
}

function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function typeOf(value: unknown): Reason {
  if (value === null) return 'null'
  if (value === '') return { key: 'emptyText' }
  if (Array.isArray(value)) return { key: 'array' }
  if (types.isDate(value)) return { key: 'date' }
  return value === undefined ? { key: 'missing' } : typeof value
}

class BadInput extends CodedError {
  readonly item: UnusableItem

  constructor(place: string, problem: Text) {
    super('BAD_INPUT', 'at', { place, problem })
    this.item = { kind: 'unusable', place, problem }
  }
}

function orProblem<T extends Item>(parse: () => T): T | BadInput {
  try {
    return parse()
  } catch (error) {
    if (error instanceof BadInput) return error
    throw error
  }
}
