import { badInput, unreadable } from '../../base/errors'
import { asId, asInteger, asNumber, asObject, asText, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { bodyPosition } from '../readings/body-positions'
import { modelName } from '../readings/device-models'
import type { Query } from '../sync/query'
import { isAbsent } from '../sync/query'
import { sync } from '../sync/sync'
import { heartRateOf } from './ecg'
import { HEART_LIST, LATE, recordingsSource } from './sync'

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

/** What is known of a recording before its signal is asked for. */
export type SignalSource = Pick<HeartSignal, 'date' | 'deviceId' | 'model'>

const INTERVALS = ['qrs', 'pr', 'qt', 'qtc'] as const
type Interval = (typeof INTERVALS)[number]

/** Body of heart get → signal. Throws BAD_ANSWER for samples that cannot be read. */
export function parseSignal(
  body: JsonObject,
  userId: string,
  signalId: string,
  source?: SignalSource
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
    series: (filtered ?? samples).map((y, index) => ({ x: millisecondsOf(index, frequency), y })),
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

/** What `with_filtered` adds is not documented: taken is a field called so that has a sample for each sample. */
function filteredOf(body: JsonObject, count: number): number[] | null {
  for (const [key, value] of Object.entries(body)) {
    if (key.includes('filtered') && Array.isArray(value) && count > 0 && value.length === count) {
      return samplesOf(value, key)
    }
  }
  return null
}

/** Nor is what `with_intervals` adds: read are the usual names, in an object of their own or beside the signal. */
function intervalsOf(body: JsonObject): HeartSignal['intervals'] {
  const data = asObject(body.intervals) ?? body
  const intervals: HeartSignal['intervals'] = {}
  for (const name of INTERVALS) {
    const value = asNumber(data[name])
    if (value !== undefined && value > 0) intervals[name] = value
  }
  return intervals
}

/** 300 Hz do not divide a second into whole milliseconds. */
function millisecondsOf(index: number, frequency: number): number {
  return Math.round((index * 1e6) / frequency) / 1000
}

/** A signal by its id, and what is known of its recording. */
export interface FoundSignal {
  signalId: string
  source: SignalSource | undefined
}

/**
 * The signal that a message asks for; undefined where there is none. Throws BAD_INPUT and what `FetchContext.call`
 * throws.
 */
export async function findSignal(context: FetchContext, message: unknown): Promise<FoundSignal | undefined> {
  const query = signalRequestOf(message)
  if (query.kind === 'signal') return query
  return query.kind === 'none' ? undefined : newestSignal(context)
}

/** Of the newest recording with an ECG; most people have one in the last month, so that is asked first. */
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

/** Which signal a message asks for. */
export type SignalRequest =
  | { kind: 'signal'; signalId: string; source: SignalSource | undefined }
  | { kind: 'newest' }
  /** The message carries recordings, and none of them has a signal. */
  | { kind: 'none' }

/**
 * `msg.signalId`, else the recording in `msg.payload` or the newest of several, else the newest recording that
 * Withings has. Throws BAD_INPUT for a signal id that is none.
 */
export function signalRequestOf(message: unknown): SignalRequest {
  const { signalId, payload } = asObject(message) ?? {}
  if (!isAbsent(signalId)) {
    const id = signalIdOf(signalId)
    if (id === undefined) throw badInput('msg.signalId is no id of a signal')
    return { kind: 'signal', signalId: id, source: undefined }
  }
  const recordings = recordingsIn(payload)
  if (!recordings) return { kind: 'newest' }
  const newest = recordings
    .filter(({ kind }) => kind === 'ecg')
    .flatMap(recording => {
      const id = signalIdOf(recording.signalId)
      return id === undefined ? [] : [{ id, source: sourceOf(recording) }]
    })
    .reduce<Candidate | undefined>(
      (last, each) => (last && (last.source.date ?? '') > (each.source.date ?? '') ? last : each),
      undefined
    )
  return newest ? { kind: 'signal', signalId: newest.id, source: newest.source } : { kind: 'none' }
}

/** Digits only: `0x10` and `1e3` are numbers for a computer, and ids of nobody. */
function signalIdOf(value: unknown): string | undefined {
  const id = typeof value === 'string' ? value.trim() : asId(value)
  return id !== undefined && /^\d{1,20}$/.test(id) ? id : undefined
}

interface Candidate {
  id: string
  source: SignalSource
}

/** What the outputs of a node that lists recordings carry, an empty batch included. */
function recordingsIn(payload: unknown): JsonObject[] | undefined {
  const list: unknown[] = Array.isArray(payload) ? payload : [payload]
  const recordings: JsonObject[] = []
  for (const item of list.map(asObject)) {
    if (item?.kind !== 'ecg' && item?.kind !== 'stethoscope') return undefined
    recordings.push(item)
  }
  return recordings
}

function sourceOf({ date, deviceId, model }: JsonObject): SignalSource {
  return { date: asText(date) ?? null, deviceId: asText(deviceId) ?? null, model: asText(model) ?? null }
}
