import type { NodeAPI } from 'node-red'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ActivityResult } from '../../withings/activity/activity'
import {
  type ActivityItem,
  type Item,
  keepNewest,
  latestOf,
  messagesOfItems,
  type Output
} from '../../withings/readings/item-messages'
import type { Reading } from '../../withings/readings/reading'
import { newestSleeps, type Night } from '../../withings/sleep/night'
import { readStages, type Stages } from '../../withings/sleep/stages'
import { addProblem, type Problem } from '../../withings/sync/row'
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

/** Sends nights and naps in one of the forms of design.md §2.4; `latest` is the newest of each, whole. */
export async function deliverNights(
  RED: NodeAPI,
  run: Run,
  { nights, output }: { nights: readonly Night[]; output: Output }
): Promise<void> {
  const items = output === 'latest' ? newestSleeps(nights) : [...nights]
  const messages =
    output === 'each'
      ? nights.flatMap(messageOf)
      : messagesOfItems(items, run.context.userId, 'night', output)
  await sendAs(RED, run, { output, messages })
}

/** Fetches the stages of nights and sends them; `latest` means those of the newest night. */
export async function deliverStages(
  RED: NodeAPI,
  run: Run,
  { nights, output }: { nights: readonly Night[]; output: Output }
): Promise<Problem[]> {
  const { context } = run
  const problems: Problem[] = []
  const all: Stages[] = []
  for (const night of output === 'latest' ? newestSleeps(nights).slice(-1) : nights) {
    context.signal.throwIfAborted()
    const answer = await readStages(context, night)
    answer.problems.forEach(problem => addProblem(problems, problem))
    all.push(answer.stages)
  }
  const payload = output === 'batch' ? all : (all[0] ?? {})
  const messages =
    output === 'each' ? all.flatMap(messageOf) : [{ payload, topic: `withings/${context.userId}` }]
  await sendAs(RED, run, { output, messages })
  return problems
}

function messageOf<I extends Item & { kind: string }>(item: I): object[] {
  return messagesOfItems([item], item.userId, item.kind, 'each')
}

/** A cursor is written anew as a whole, with all the settings of Node-RED: not after each day of a long span. */
const PARTS_PER_SAVE = 30

/**
 * Parts → messages. With `each`, a part is sent and forgotten before the next one is read, so a long span needs no
 * more memory than a short one, and its cursor is kept from time to time: after a crash some parts come again. The
 * other forms are one message at the end.
 */
export async function deliverParts(
  RED: NodeAPI,
  run: Sending & Pick<Run, 'recordSeen'> & { context: Pick<Run['context'], 'userId'> },
  { parts, output }: { parts: AsyncIterable<ActivityResult>; output: Output }
): Promise<{ count: number; heldBack: number; problems: Problem[] }> {
  const { msg, send, recordSeen } = run
  const { userId } = run.context
  const tally = { count: 0, heldBack: 0, problems: [] as Problem[] }
  const seen = new Map<string, Reading>()
  const items: ActivityItem[] = []
  let latest: Record<string, Reading> = {}
  let delivered: ActivityResult['delivered']
  let unsaved = 0
  const save = async () => {
    const keepCursor = delivered
    delivered = undefined
    unsaved = 0
    await keepCursor?.()
  }
  try {
    for await (const part of parts) {
      tally.count += part.count
      tally.heldBack += part.heldBack
      part.problems.forEach(problem => addProblem(tally.problems, problem))
      const readings = part.items.flatMap(item => item.readings)
      keepNewest(seen, readings)
      if (output === 'each') {
        const messages = part.items.flatMap(item => messagesOfItems([item], userId, item.kind, 'each'))
        await sendMany(RED, run, messages)
      } else if (output === 'batch') part.items.forEach(item => items.push(item))
      else latest = latestOf([...Object.values(latest), ...readings])
      delivered = part.delivered ?? delivered
      unsaved += 1
      if (output === 'each' && unsaved >= PARTS_PER_SAVE) await save()
    }
    if (output !== 'each') {
      send(Object.assign(msg, { payload: output === 'batch' ? items : latest, topic: `withings/${userId}` }))
      await save()
    }
  } finally {
    recordSeen.readings([...seen.values()])
    if (output === 'each') await save()
  }
  return tally
}
