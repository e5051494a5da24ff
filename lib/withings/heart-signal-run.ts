import type { FetchContext } from './fetch-context'
import { parseSignal, type HeartSignal, type SignalSource } from './heart-signal'
import { HEART_LIST, LATE, recordingsSource } from './recordings-page'
import { runRows } from './rows-run'
import { planSignal } from './signal-plan'
import type { SpanPlan } from './span-plan'

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
  const plan = planSignal(message)
  if (plan.kind === 'signal') return plan
  return plan.kind === 'none' ? undefined : newestSignal(context)
}

/** Of the newest recording with an ECG; most people have one in the last month, so that is asked first. */
async function newestSignal(context: FetchContext): Promise<FoundSignal | undefined> {
  for (const from of [Math.floor(context.now() / 1000) - LATE, 0]) {
    const plan: SpanPlan = { kind: 'span', from, until: undefined }
    const { rows } = await runRows(context, recordingsSource(context, HEART_LIST, plan), { plan })
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
