import type { NodeAPI, Node } from 'node-red'
import { systemClock } from '../lib/clock'
import { amount, choice } from '../lib/red/config-values'
import { cursorTable } from '../lib/red/cursor-table'
import { startDataNode, type Run } from '../lib/red/data-node'
import { deviceOf, questionOf } from '../lib/red/data-settings'
import { ProblemReport } from '../lib/red/problem-report'
import { sendMany } from '../lib/red/send-many'
import { withDates } from '../lib/red/span-input'
import { text } from '../lib/red/texts'
import { runRecordings } from '../lib/withings/heart-run'
import { findSignal, readSignal } from '../lib/withings/heart-signal-run'
import type { RecordingBase } from '../lib/withings/recording'
import { HEART_LIST, STETHOSCOPE_LIST, type RecordingList } from '../lib/withings/recordings-page'
import { messagesOfItems, readingsOfRows } from '../lib/withings/row-messages'
import { planSpan } from '../lib/withings/span-plan'
import { isOfDevice } from '../lib/withings/wanted-device'
import type { HeartConfig, HeartProperties } from './withings-heart.types'

const LISTS: Record<'recordings' | 'stethoscope', RecordingList<RecordingBase>> = {
  recordings: HEART_LIST,
  stethoscope: STETHOSCOPE_LIST
}

const register = (RED: NodeAPI): void => {
  function WithingsHeart(this: Node, config: HeartConfig): void {
    RED.nodes.createNode(this, config)
    const { account, what, ...settings } = settingsOf(config)
    const cursors = cursorTable(RED)
    const report = new ProblemReport()

    const runList = async (which: keyof typeof LISTS, run: Run): Promise<string> => {
      const { client, userId, saw, msg, send, priority, signal } = run
      const list = LISTS[which]
      const plan = planSpan(settings, await withDates(RED, this, config, msg), systemClock.now())
      const question = questionOf(this.id, which, settings.device)
      const stored = cursors.get(question)
      const options = { priority, signal }
      const result = await runRecordings(client, list, userId, plan, stored, systemClock, options)
      saw.readings(readingsOfRows(result.rows))
      const recordings = result.rows
        .map(({ recording }) => recording)
        .filter(recording => isOfDevice(recording, settings.device))
      const messages = messagesOfItems(recordings, userId, list.kind, settings.output)
      if (settings.output === 'each') await sendMany(RED, msg, messages, send, signal)
      else send(Object.assign(msg, messages[0]))
      if (result.cursor) await cursors.set(question, result.cursor)
      report.tell(result.problems, priority === 'user')
      return recordings.length === 0
        ? text(RED, 'status.nothingNew')
        : text(RED, 'status.recordings', { count: recordings.length })
    }

    const runSignal = async ({ client, userId, msg, send, priority, signal }: Run): Promise<string> => {
      const options = { priority, signal }
      const found = await findSignal(client, userId, msg, systemClock, options)
      if (!found) return text(RED, 'status.noSignal')
      const payload = await readSignal(client, userId, found, options)
      const topic = `withings/${userId}/${payload.deviceId ?? 'manual'}/${payload.kind}`
      send(Object.assign(msg, { payload, topic }))
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

/** A flow that was written by hand may leave out what the editor always fills in. */
function settingsOf(config: HeartConfig): HeartProperties {
  return {
    account: config.account,
    device: deviceOf(config),
    what: choice(config.what, ['recordings', 'signal', 'stethoscope']),
    mode: choice(config.mode, ['new', 'period', 'all']),
    days: amount(config.days, 30),
    schedule: amount(config.schedule, 15),
    output: choice(config.output, ['each', 'batch', 'latest'])
  }
}

export = register
