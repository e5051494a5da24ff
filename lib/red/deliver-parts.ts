import type { NodeAPI } from 'node-red'
import type { ActivityItem } from '../withings/activity-item'
import type { ActivityPart } from '../withings/activity-parts'
import type { Reading } from '../withings/reading'
import type { Problem } from '../withings/row'
import { latestOf, messagesOfItems, type Output } from '../withings/row-messages'
import type { Run } from './data-node'
import { sendMany } from './send-many'

/** What went out. */
export interface Tally {
  count: number
  heldBack: number
  problems: Problem[]
}

/**
 * Parts → messages. With `each`, a part is sent, its cursor kept and the part forgotten before the next one is
 * read, so a long span needs no more memory than a short one; the other forms are one message at the end.
 */
export async function deliverParts(
  RED: NodeAPI,
  { msg, send, saw, signal, userId }: Pick<Run, 'msg' | 'send' | 'saw' | 'signal' | 'userId'>,
  parts: AsyncIterable<ActivityPart>,
  output: Output
): Promise<Tally> {
  const tally: Tally = { count: 0, heldBack: 0, problems: [] }
  let items: ActivityItem[] = []
  let latest: Record<string, Reading> = {}
  let delivered: ActivityPart['delivered']
  for await (const part of parts) {
    tally.count += part.count
    tally.heldBack += part.heldBack
    tally.problems.push(...part.problems)
    const readings = part.items.flatMap(item => item.readings)
    saw.readings(readings)
    if (output === 'each') {
      const messages = part.items.flatMap(item => messagesOfItems([item], userId, item.kind, 'each'))
      await sendMany(RED, msg, messages, send, signal)
      await part.delivered?.()
    } else {
      if (output === 'batch') items = [...items, ...part.items]
      else latest = latestOf([...Object.values(latest), ...readings])
      delivered = part.delivered ?? delivered
    }
  }
  if (output !== 'each') {
    send(Object.assign(msg, { payload: output === 'batch' ? items : latest, topic: `withings/${userId}` }))
    await delivered?.()
  }
  return tally
}
