import { CodedError, unreadable } from '../../base/errors'
import { asId, asInteger, asNumber, asObject, asText, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { bodyPosition } from '../readings/body-positions'
import { modelName } from '../readings/device-models'
import { isAbsent, type Query } from '../sync/query'
import { sync } from '../sync/sync'
import { HEART_LIST, heartRateOf } from './ecg'
import { LATE, recordingsSource } from './recordings'

/** The ECG itself (withings-api.md §7.2): thousands of samples, so only on demand. */
export interface HeartSignal {
  kind: 'ecg_signal'
  signalId: string
  userId: string
  /** From the recording; null where only the id of the signal was known. */
  date: string | null
  deviceId: string | null
  model: string | null
  /** Where the device was worn. */
  position: string | null
  /** bpm */
  heartRate: number | null
  /** False: Withings knows of the recording, but the device has not sent its samples yet. */
  synced: boolean
  /** Samples a second. */
  frequency: number
  /** Seconds. */
  duration: number
  /** Of all samples. */
  unit: 'µV'
  samples: number[]
  /** The same without noise, where Withings gave it. */
  filtered: number[] | null
  /** To plot: `x` in ms since the start, `y` in µV; without noise where there is such a version. */
  series: { x: number; y: number }[]
  /** ms, where Withings gave them. */
  intervals: Partial<Record<Interval, number>>
}

const INTERVALS = ['qrs', 'pr', 'qt', 'qtc'] as const
type Interval = (typeof INTERVALS)[number]

/** A signal by its id, and what is known of its recording. */
export interface FoundSignal {
  signalId: string
  source: Pick<HeartSignal, 'date' | 'deviceId' | 'model'> | undefined
}

/** Which signal a message asks for; `none`: it carries recordings, and none of them has a signal. */
type SignalRequest = ({ kind: 'signal' } & FoundSignal) | { kind: 'newest' } | { kind: 'none' }

/**
 * `msg.signalId`, else the recording in `msg.payload` or the newest of several, else the newest recording that
 * Withings has. Throws BAD_INPUT for a signal id that is none.
 */
export function signalRequestOf(message: unknown): SignalRequest {
  const { signalId, payload } = asObject(message) ?? {}
  if (!isAbsent(signalId)) {
    const id = signalIdOf(signalId)
    if (id === undefined) throw new CodedError('BAD_INPUT', 'wrongSignalId')
    return { kind: 'signal', signalId: id, source: undefined }
  }
  const recordings = recordingsIn(payload)
  if (!recordings) return { kind: 'newest' }
  const textOf = (value: unknown) => asText(value) ?? null
  let newest: FoundSignal | undefined
  for (const { kind, signalId: given, date, deviceId, model } of recordings) {
    const id = kind === 'ecg' ? signalIdOf(given) : undefined
    if (id === undefined || (newest?.source?.date ?? '') > (asText(date) ?? '')) continue
    const source = { date: textOf(date), deviceId: textOf(deviceId), model: textOf(model) }
    newest = { signalId: id, source }
  }
  return newest ? { kind: 'signal', ...newest } : { kind: 'none' }
}

/** Decimal digits only, no `0x10` or `1e3`. */
function signalIdOf(value: unknown): string | undefined {
  const id = typeof value === 'string' ? value.trim() : asId(value)
  return id !== undefined && /^\d{1,20}$/.test(id) ? id : undefined
}

/** What the outputs of a node that lists recordings carry, an empty batch included. */
function recordingsIn(payload: unknown): JsonObject[] | undefined {
  const list: unknown[] = Array.isArray(payload) ? payload : [payload]
  const recordings = list.map(asObject).filter(item => item?.kind === 'ecg' || item?.kind === 'stethoscope')
  return recordings.length === list.length ? (recordings as JsonObject[]) : undefined
}

/** The signal that a message asks for, if there is one. Throws BAD_INPUT and what `FetchContext.call` throws. */
export async function findSignal(context: FetchContext, message: unknown): Promise<FoundSignal | undefined> {
  const request = signalRequestOf(message)
  if (request.kind === 'signal') return request
  return request.kind === 'none' ? undefined : newestSignal(context)
}

/** Of the newest recording with an ECG; most people have one in the last month, so that is requested first. */
async function newestSignal(context: FetchContext): Promise<FoundSignal | undefined> {
  for (const from of [Math.floor(context.now() / 1000) - LATE, 0]) {
    const query: Query = { kind: 'span', from, until: undefined }
    const { rows } = await sync(context, recordingsSource(context, HEART_LIST, query), { query })
    for (const { recording } of rows.reverse()) {
      if (recording.signalId !== null) return { signalId: recording.signalId, source: recording }
    }
  }
  return undefined
}

/** Throws what `FetchContext.call` throws, and BAD_ANSWER for samples that cannot be read. */
export async function readSignal(
  { call, userId }: FetchContext,
  { signalId, source }: FoundSignal
): Promise<HeartSignal> {
  const params = { action: 'get', signalid: signalId, with_filtered: 'true', with_intervals: 'true' }
  const body = await call({ path: '/v2/heart', params, scope: 'user.metrics' })
  return parseSignal(body, userId, signalId, source)
}

/** Body of heart get → signal. Throws BAD_ANSWER for samples that cannot be read. */
export function parseSignal(
  body: JsonObject,
  userId: string,
  signalId: string,
  source?: FoundSignal['source']
): HeartSignal {
  const samples = samplesOf(body.signal ?? [], 'signal')
  const synced = samples.length > 0
  const frequency = asNumber(body.sampling_frequency) ?? 0
  if (synced && frequency < 1) throw unreadable('sampling_frequency')
  const filtered = filteredOf(body, samples.length)
  const model = asInteger(body.model)
  const position = asInteger(body.wearposition)
  return {
    kind: 'ecg_signal',
    signalId,
    userId,
    date: source?.date ?? null,
    deviceId: source?.deviceId ?? null,
    model: model === undefined || model < 0 ? (source?.model ?? null) : modelName(model),
    position: (position === undefined ? undefined : bodyPosition(position)) ?? null,
    heartRate: heartRateOf(body.heart_rate) ?? null,
    synced,
    frequency,
    duration: synced ? samples.length / frequency : 0,
    unit: 'µV',
    samples,
    filtered,
    // 300 Hz do not divide a second into whole milliseconds.
    series: (filtered ?? samples).map((y, index) => ({ x: Math.round((index * 1e6) / frequency) / 1000, y })),
    intervals: intervalsOf(body)
  }
}

function samplesOf(value: unknown, place: string): number[] {
  if (!Array.isArray(value)) throw unreadable(place)
  return value.map((sample, index) => {
    const number = asNumber(sample)
    if (number === undefined) throw unreadable(`${place}[${index}]`)
    return number
  })
}

/** The documentation does not name the field that `with_filtered` adds: it is found by its name and its length. */
function filteredOf(body: JsonObject, count: number): number[] | null {
  for (const [key, value] of Object.entries(body)) {
    if (key.includes('filtered') && Array.isArray(value) && count > 0 && value.length === count) {
      return samplesOf(value, key)
    }
  }
  return null
}

/** What `with_intervals` adds is not documented: the usual names are read, in `intervals` or beside the signal. */
function intervalsOf(body: JsonObject): HeartSignal['intervals'] {
  const data = asObject(body.intervals) ?? body
  const known = INTERVALS.map(name => [name, asNumber(data[name]) ?? 0] as const)
  return Object.fromEntries(known.filter(([, milliseconds]) => milliseconds > 0))
}
