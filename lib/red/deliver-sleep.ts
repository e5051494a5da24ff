import type { NodeAPI } from 'node-red'
import { newestSleeps } from '../withings/newest-sleep'
import type { Night } from '../withings/night'
import { note, type Problem } from '../withings/row'
import { messagesOfItems, type Item, type Output } from '../withings/row-messages'
import type { SleepAsking } from '../withings/sleep-run'
import type { Stages } from '../withings/stages'
import { readStages } from '../withings/stages-run'
import type { Run } from './data-node'
import { sendMany } from './send-many'

type Delivery = Pick<Run, 'msg' | 'send' | 'signal' | 'userId'>

/** Sends nights and naps in one of the forms of design.md §2.4; `latest` is the newest of each, whole. */
export async function deliverNights(
  RED: NodeAPI,
  { msg, send, signal, userId }: Delivery,
  nights: readonly Night[],
  output: Output
): Promise<void> {
  if (output === 'each') await sendMany(RED, msg, nights.flatMap(messageOf), send, signal)
  else {
    const items = output === 'latest' ? newestSleeps(nights) : [...nights]
    send(Object.assign(msg, messagesOfItems(items, userId, 'night', output)[0]))
  }
}

/** Fetches the stages of nights and sends them; `latest` means those of the newest night. */
export async function deliverStages(
  RED: NodeAPI,
  { msg, send, signal, userId }: Delivery,
  asking: SleepAsking,
  nights: readonly Night[],
  output: Output
): Promise<Problem[]> {
  const problems: Problem[] = []
  const all: Stages[] = []
  for (const night of output === 'latest' ? newestSleeps(nights).slice(-1) : nights) {
    signal.throwIfAborted()
    const answer = await readStages(asking, night)
    answer.problems.forEach(problem => note(problems, problem))
    all.push(answer.stages)
  }
  const topic = `withings/${userId}`
  if (output === 'each') await sendMany(RED, msg, all.flatMap(messageOf), send, signal)
  else send(Object.assign(msg, { payload: output === 'batch' ? all : (all[0] ?? {}), topic }))
  return problems
}

function messageOf<I extends Item & { kind: string }>(item: I): object[] {
  return messagesOfItems([item], item.userId, item.kind, 'each')
}
