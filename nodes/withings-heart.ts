import type { NodeAPI, Node } from 'node-red'
import { choice } from '../lib/red/config-values'
import { cursorTable } from '../lib/red/cursor-table'
import { startDataNode, type Run } from '../lib/red/data-node'
import { dataSettings, questionOf, type DataConfig } from '../lib/red/data-settings'
import { ProblemReport } from '../lib/red/problem-report'
import { sendAs } from '../lib/red/send-many'
import { withDates } from '../lib/red/span-input'
import { text } from '../lib/red/texts'
import { findSignal, readSignal } from '../lib/withings/heart-signal'
import type { RecordingBase } from '../lib/withings/recording'
import {
  HEART_LIST,
  recordingsSource,
  STETHOSCOPE_LIST,
  type RecordingList
} from '../lib/withings/recordings-page'
import { messagesOfItems, readingsOfRows } from '../lib/withings/row-messages'
import { runRows } from '../lib/withings/rows-run'
import { planSpan } from '../lib/withings/span-plan'
import { isOfDevice, topicOf } from '../lib/withings/wanted-device'

const LISTS: Record<'recordings' | 'stethoscope', RecordingList<RecordingBase>> = {
  recordings: HEART_LIST,
  stethoscope: STETHOSCOPE_LIST
}

const register = (RED: NodeAPI): void => {
  function WithingsHeart(this: Node, config: DataConfig<'what'>): void {
    RED.nodes.createNode(this, config)
    const { account, ...settings } = dataSettings(config)
    const what = choice(config.what, ['recordings', 'signal', 'stethoscope'])
    const cursors = cursorTable(RED)
    const report = new ProblemReport()

    const runList = async (which: keyof typeof LISTS, run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const list = LISTS[which]
      const plan = planSpan(settings, await withDates(RED, this, config, msg), context.now())
      const question = questionOf(this.id, which, settings.device)
      const stored = cursors.get(question)
      const result = await runRows(context, recordingsSource(context, list, plan), { plan, stored })
      saw.readings(readingsOfRows(result.rows))
      const recordings = result.rows
        .map(({ recording }) => recording)
        .filter(recording => isOfDevice(recording, settings.device))
      const messages = messagesOfItems(recordings, context.userId, list.kind, settings.output)
      await sendAs(RED, run, { output: settings.output, messages })
      if (result.cursor) await cursors.set(question, result.cursor)
      report.tell(result.problems, context.priority === 'user')
      return recordings.length === 0
        ? text(RED, 'status.nothingNew')
        : text(RED, 'status.recordings', { count: recordings.length })
    }

    const runSignal = async ({ context, msg, send }: Run): Promise<string> => {
      const found = await findSignal(context, msg)
      if (!found) return text(RED, 'status.noSignal')
      const payload = await readSignal(context, found)
      send(Object.assign(msg, { payload, topic: topicOf(payload, payload.kind) }))
      return payload.synced
        ? text(RED, 'status.signal', { seconds: Math.round(payload.duration) })
        : text(RED, 'status.notSynced')
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
