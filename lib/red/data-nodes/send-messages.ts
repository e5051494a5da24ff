import type { NodeAPI } from 'node-red'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Output } from '../../withings/readings/item-messages'
import type { Run } from './data-node'

/** Messages between which other work of the process gets its turn. */
const BURST = 50
/** Milliseconds after which it gets it sooner: messages can be large. */
const LONGEST_TURN = 20

/** What sending takes of a run. */
export type Sending = Pick<Run, 'msg' | 'send'> & { context: Pick<Run['context'], 'signal'> }

/** Sends `each` message of a run, or the only one that there is in the other forms. */
export async function sendAs(
  RED: NodeAPI,
  run: Sending,
  { output, messages }: { output: Output; messages: readonly object[] }
): Promise<void> {
  if (output === 'each') await sendMany(RED, run, messages)
  else run.send(Object.assign(run.msg, messages[0]))
}

/**
 * Sends one copy of `msg` per entry of `properties`, with `msg.parts` so that a Join node can put them together
 * again; former parts stand inside, as those of a Split node do. Stops with the signal's reason when that aborts in between.
 */
export async function sendMany(
  RED: NodeAPI,
  { msg, send, context }: Sending,
  properties: readonly object[]
): Promise<void> {
  const id = RED.util.generateId()
  const former: unknown = Reflect.get(msg, 'parts')
  let began = performance.now()
  for (const [index, own] of properties.entries()) {
    if (index % BURST === BURST - 1 || performance.now() - began > LONGEST_TURN) {
      await nextTurn()
      began = performance.now()
    }
    context.signal.throwIfAborted()
    const parts = {
      id,
      type: 'array',
      len: 1,
      index,
      count: properties.length,
      ...(former !== undefined && { parts: former })
    }
    send(Object.assign(RED.util.cloneMessage(msg), own, { parts }))
  }
}
