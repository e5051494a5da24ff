import type { Node, NodeAPI } from 'node-red'
import { cursorKeyOf, type DataConfig, dataSettings, oneOf } from '../lib/red/data-nodes/config'
import { ProblemReport, type Run, startDataNode } from '../lib/red/data-nodes/data-node'
import { withDates } from '../lib/red/data-nodes/date-inputs'
import { sendAs } from '../lib/red/data-nodes/send-many'
import { t } from '../lib/red/i18n/texts'
import { cursorStore } from '../lib/red/storage/cursors'
import { HEART_LIST } from '../lib/withings/heart/ecg'
import { type RecordingBase, type RecordingList, STETHOSCOPE_LIST } from '../lib/withings/heart/recordings'
import { findSignal, readSignal } from '../lib/withings/heart/signal'
import { recordingsSource } from '../lib/withings/heart/sync'
import { messagesOfItems, readingsOfRows } from '../lib/withings/readings/item-messages'
import { isOfDevice, topicOf } from '../lib/withings/readings/reading'
import { queryOf } from '../lib/withings/sync/query'
import { sync } from '../lib/withings/sync/sync'

const LISTS: Record<'recordings' | 'stethoscope', RecordingList<RecordingBase>> = {
  recordings: HEART_LIST,
  stethoscope: STETHOSCOPE_LIST
}

const register = (RED: NodeAPI): void => {
  function WithingsHeart(this: Node, config: DataConfig<'what'>): void {
    RED.nodes.createNode(this, config)
    const { account, ...settings } = dataSettings(config)
    const what = oneOf(config.what, ['recordings', 'signal', 'stethoscope'])
    const cursors = cursorStore(RED)
    const report = new ProblemReport()

    const runList = async (which: keyof typeof LISTS, run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const list = LISTS[which]
      const query = queryOf(settings, await withDates(RED, this, config, msg), context.now())
      const cursorKey = cursorKeyOf(this.id, which, settings.device)
      const stored = cursors.get(cursorKey)
      const result = await sync(context, recordingsSource(context, list, query), { query, stored })
      saw.readings(readingsOfRows(result.rows))
      const recordings = result.rows
        .map(({ recording }) => recording)
        .filter(recording => isOfDevice(recording, settings.device))
      const messages = messagesOfItems(recordings, context.userId, list.kind, settings.output)
      await sendAs(RED, run, { output: settings.output, messages })
      if (result.cursor) await cursors.set(cursorKey, result.cursor)
      report.report(result.problems, context.priority === 'user')
      return recordings.length === 0
        ? t(RED, 'status.nothingNew')
        : t(RED, 'status.recordings', { count: recordings.length })
    }

    const runSignal = async ({ context, msg, send }: Run): Promise<string> => {
      const found = await findSignal(context, msg)
      if (!found) return t(RED, 'status.noSignal')
      const payload = await readSignal(context, found)
      send(Object.assign(msg, { payload, topic: topicOf(payload, payload.kind) }))
      return payload.synced
        ? t(RED, 'status.signal', { seconds: Math.round(payload.duration) })
        : t(RED, 'status.notSynced')
    }

    const parts =
      what === 'signal'
        ? { schedule: 0, run: runSignal }
        : { schedule: settings.schedule, run: (run: Run) => runList(what, run) }
    startDataNode(RED, this, { account, ...parts })
  }

  RED.nodes.registerType('withings-heart', WithingsHeart)
}

export = register
