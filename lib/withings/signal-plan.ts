import { badInput } from '../errors'
import type { SignalSource } from './heart-signal'
import { asId, asObject, asText, type JsonObject } from './json'
import { isAbsent } from './span-plan'

/** Which signal a message asks for. */
export type SignalPlan =
  | { kind: 'signal'; signalId: string; source: SignalSource | undefined }
  | { kind: 'newest' }
  /** The message carries recordings, and none of them has a signal. */
  | { kind: 'none' }

/**
 * `msg.signalId`, else the recording in `msg.payload` or the newest of several, else the newest recording that
 * Withings has. Throws BAD_INPUT for a signal id that is none.
 */
export function planSignal(message: unknown): SignalPlan {
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
