import type { Clock } from '../clock'
import type { CallOptions, WithingsClient } from './client'
import { LATE, runRecordings } from './heart-run'
import { parseSignal, type HeartSignal, type SignalSource } from './heart-signal'
import { HEART_LIST } from './recordings-page'
import { planSignal } from './signal-plan'
import type { SpanPlan } from './span-plan'

/** A signal by its id, and what is known of its recording. */
export interface FoundSignal {
  signalId: string
  source: SignalSource | undefined
}

/**
 * The signal that a message asks for; undefined where there is none. Throws BAD_INPUT and what
 * `WithingsClient.call` throws.
 */
export async function findSignal(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  message: unknown,
  clock: Clock,
  options: CallOptions
): Promise<FoundSignal | undefined> {
  const plan = planSignal(message)
  if (plan.kind === 'signal') return plan
  if (plan.kind === 'none') return undefined
  return newestSignal(client, userId, clock, options)
}

/** Of the newest recording with an ECG; most people have one in the last month, so that is asked first. */
async function newestSignal(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  clock: Clock,
  options: CallOptions
): Promise<FoundSignal | undefined> {
  for (const from of [Math.floor(clock.now() / 1000) - LATE, 0]) {
    const plan: SpanPlan = { kind: 'span', from, until: undefined }
    const { rows } = await runRecordings(client, HEART_LIST, userId, plan, undefined, clock, options)
    for (const { recording } of rows.reverse()) {
      if (recording.signalId !== null) return { signalId: recording.signalId, source: recording }
    }
  }
  return undefined
}

/** Throws what `WithingsClient.call` throws, and BAD_ANSWER for samples that cannot be read. */
export async function readSignal(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  { signalId, source }: FoundSignal,
  options: CallOptions
): Promise<HeartSignal> {
  const params = { action: 'get', signalid: signalId, with_filtered: 'true', with_intervals: 'true' }
  const body = await client.call({ path: '/v2/heart', params, scope: 'user.metrics' }, options)
  return parseSignal(body, userId, signalId, source)
}
