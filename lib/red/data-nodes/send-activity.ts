import type { NodeAPI } from 'node-red'
import type { ActivityResult } from '../../withings/activity/activity'
import type { ActivityItem } from '../../withings/readings/item-messages'
import { keepNewest, latestOf, messagesOfItems, type Output } from '../../withings/readings/item-messages'
import type { Reading } from '../../withings/readings/reading'
import { addProblem, type Problem } from '../../withings/sync/row'
import type { Run } from './data-node'
import { type Sending, sendMany } from './send-messages'

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
