import type { Node, NodeAPI } from 'node-red'
import {
  cursorKeyOf,
  type DataConfig,
  dataSettings,
  oneOf,
  strings,
  UNITS
} from '../lib/red/data-nodes/config'
import { ProblemReport, type Run, startDataNode } from '../lib/red/data-nodes/data-node'
import { withDates } from '../lib/red/data-nodes/date-inputs'
import { sendAs } from '../lib/red/data-nodes/send-many'
import { t } from '../lib/red/i18n/texts'
import { cursorId, cursorStore } from '../lib/red/storage/cursors'
import { deliveryOf } from '../lib/withings/measures/messages'
import { measuresQueryOf, syncMeasures } from '../lib/withings/measures/sync'
import { joinCursors } from '../lib/withings/sync/cursor'

const register = (RED: NodeAPI): void => {
  function WithingsMeasures(this: Node, config: DataConfig<'types' | 'ambiguous' | 'units'>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      types: strings(config.types),
      ambiguous: oneOf(config.ambiguous, ['exclude', 'include']),
      units: oneOf(config.units, UNITS)
    }
    const cursors = cursorStore(RED)
    const asker = cursorKeyOf(this.id, settings.device)
    const own = cursorId(asker, settings.types)
    const report = new ProblemReport()

    const run = async (run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const query = measuresQueryOf(settings, await withDates(RED, this, config, msg), context.now())
      const cursorKey = cursorId(asker, query.types)
      const stored = joinCursors(cursors.get(cursorKey), query.narrowed && cursors.get(own))
      const result = await syncMeasures(context, { query, stored })
      const delivery = { ...settings, types: query.types }
      const notice = t(RED, 'notice.bloodPressure')
      const found = await deliveryOf(result.rows, context.userId, delivery, notice)
      const { messages, count, heldBack, seen } = found
      saw.readings(seen)
      await sendAs(RED, run, { output: settings.output, messages })
      if (result.cursor) await cursors.set(cursorKey, result.cursor)
      report.report(result.problems, context.priority === 'user')
      if (heldBack > 0) return t(RED, 'status.readingsHeldBack', { count, held: heldBack })
      return count === 0 ? t(RED, 'status.nothingNew') : t(RED, 'status.readings', { count })
    }

    const { account, schedule, units } = settings
    startDataNode(RED, this, { account, schedule, rules: { measures: { units } }, run })
  }

  RED.nodes.registerType('withings-measures', WithingsMeasures)
}

export = register
