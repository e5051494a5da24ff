import type { NodeAPI } from 'node-red'
import { cursorKeyOf, dataSettings, oneOf } from '../lib/red/data-nodes/config'
import { registerDataNode, type Run } from '../lib/red/data-nodes/data-node'
import { countText } from '../lib/red/data-nodes/node-status'
import { sendAs } from '../lib/red/data-nodes/send-messages'
import { t } from '../lib/red/i18n/texts'
import { cursorStore } from '../lib/red/storage/cursors'
import { HEART_LIST } from '../lib/withings/heart/ecg'
import {
  type RecordingBase,
  type RecordingList,
  recordingsSource,
  STETHOSCOPE_LIST
} from '../lib/withings/heart/recordings'
import { findSignal, readSignal } from '../lib/withings/heart/signal'
import { messagesOfItems, readingsOfRows } from '../lib/withings/readings/item-messages'
import { isOfDevice, topicOf } from '../lib/withings/readings/reading'
import { queryOf } from '../lib/withings/sync/query'
import { sync } from '../lib/withings/sync/sync'

export = (RED: NodeAPI): void =>
  registerDataNode<'what'>(RED, 'withings-heart', ({ node, config }) => {
    const settings = dataSettings(config)
    const { device, output, schedule } = settings
    const what = oneOf(config.what, ['recordings', 'signal', 'stethoscope'])
    if (what === 'signal') return { schedule: 0, run: run => runSignal(RED, run) }
    const list: RecordingList<RecordingBase> = what === 'recordings' ? HEART_LIST : STETHOSCOPE_LIST
    const cursor = cursorStore(RED).row(cursorKeyOf(node.id, what, device))
    return {
      schedule,
      run: async run => {
        const { context, recordSeen } = run
        const query = queryOf(settings, await run.dated(), context.now())
        const result = await sync(context, recordingsSource(context, list, query), {
          query,
          stored: cursor.get()
        })
        recordSeen.readings(readingsOfRows(result.rows))
        const all = result.rows.map(({ recording }) => recording)
        const recordings = all.filter(recording => isOfDevice(recording, device))
        const messages = messagesOfItems(recordings, context.userId, list.kind, output)
        await sendAs(RED, run, { output, messages })
        if (result.cursor) await cursor.set(result.cursor)
        return { status: countText(RED, 'recordings', recordings.length), problems: result.problems }
      }
    }
  })

async function runSignal(RED: NodeAPI, { context, msg, send }: Run): Promise<{ status: string }> {
  const found = await findSignal(context, msg)
  if (!found) return { status: t(RED, 'status.noSignal') }
  const payload = await readSignal(context, found)
  send(Object.assign(msg, { payload, topic: topicOf(payload, payload.kind) }))
  const seconds = Math.round(payload.duration)
  return { status: payload.synced ? t(RED, 'status.signal', { seconds }) : t(RED, 'status.notSynced') }
}
