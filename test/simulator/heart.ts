import { filtered, noisy } from './electrocardiogram'
import { giveOffset, startOf } from './offsets'
import { type Envelope, success } from './replies'
import type { HeartRow, JsonObject, Person } from './types'
import type { ApiRequest, World } from './world'

const integer = /^\d{1,12}$/
const boolean = /^(true|false|1|0)$/
const bpmCore = 44

export function listHeart(world: World, person: Person, request: ApiRequest): Envelope | null {
  return list(world, person, request, person.recordings.heart)
}

export function listStetho(world: World, person: Person, request: ApiRequest): Envelope | null {
  return list(world, person, request, person.recordings.stetho)
}

/** `more` is a boolean here, and beside `false` there is an offset all the same. */
function list(
  world: World,
  person: Person,
  request: ApiRequest,
  rows: { timestamp: number }[]
): Envelope | null {
  const { startdate, enddate } = request.params
  const times = [startdate, enddate].filter(time => time !== undefined)
  const [from, until] = [Number(startdate ?? 0), Number(enddate ?? Number.MAX_SAFE_INTEGER)]
  const start = startOf(world, person, request)
  if (start === null || !times.every(time => integer.test(time)) || until < from) {
    return null
  }
  const found = rows.filter(({ timestamp }) => timestamp >= from && timestamp <= until)
  const page = found.slice(start, start + world.pageSize)
  const next = start + page.length
  return success({
    series: structuredClone(page),
    more: next < found.length,
    offset: giveOffset(world, person, request, next)
  })
}

/** Parts that `with_filtered` and `with_intervals` ask for are documented without a name: these are made up. */
export function getHeart(_world: World, person: Person, { params }: ApiRequest): Envelope | null {
  const { signalid = '', with_filtered = '0', with_intervals = '0' } = params
  const row = person.recordings.heart.find(({ ecg }) => String(ecg?.signalid) === signalid)
  if (row?.ecg === undefined || ![with_filtered, with_intervals].every(flag => boolean.test(flag))) {
    return null
  }
  const isCore = row.model === bpmCore
  const frequency = isCore ? 500 : 300
  const body: JsonObject = {
    signal: [],
    sampling_frequency: frequency,
    wearposition: isCore ? 3 : 1,
    model: row.model
  }
  if (person.recordings.unsynced.has(row.ecg.signalid)) {
    return success(body)
  }
  const rate = rateOf(row)
  const ecg = {
    seed: row.ecg.signalid,
    frequency,
    seconds: isCore ? 20 : 30,
    rate,
    isFibrillating: row.ecg.afib === 1
  }
  body.signal = noisy(ecg)
  // The list gives the number, the recording itself the reading (withings-api.md §13).
  body.heart_rate = {
    grpid: 4_900_000_000 + row.ecg.signalid,
    value: rate,
    date: row.timestamp,
    is_deleted: false
  }
  if (!isCore && isTrue(with_filtered)) body.signal_filtered = filtered(ecg)
  if (!isCore && isTrue(with_intervals)) body.intervals = { qrs: 92, pr: 158, qt: 388, qtc: 412 }
  return success(body)
}

function isTrue(flag: string): boolean {
  return flag === 'true' || flag === '1'
}

function rateOf({ heart_rate = 65 }: HeartRow): number {
  const rate = typeof heart_rate === 'number' ? heart_rate : heart_rate.value
  return rate === 0 ? 65 : rate
}
