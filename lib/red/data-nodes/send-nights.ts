import type { NodeAPI } from 'node-red'
import { type Item, messagesOfItems, type Output } from '../../withings/readings/item-messages'
import type { Night } from '../../withings/sleep/night'
import { newestSleeps } from '../../withings/sleep/night'
import { readStages, type Stages } from '../../withings/sleep/stages'
import { addProblem, type Problem } from '../../withings/sync/row'
import type { Run } from './data-node'
import { sendAs } from './send-messages'

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
