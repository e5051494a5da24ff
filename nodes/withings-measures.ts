import type { NodeAPI, Node } from 'node-red'
import { choice, texts } from '../lib/red/config-values'
import { cursorId, cursorTable } from '../lib/red/cursor-table'
import { startDataNode, type Run } from '../lib/red/data-node'
import { dataSettings, questionOf, UNITS, type DataConfig } from '../lib/red/data-settings'
import { ProblemReport } from '../lib/red/problem-report'
import { sendAs } from '../lib/red/send-many'
import { withDates } from '../lib/red/span-input'
import { text } from '../lib/red/texts'
import { joined } from '../lib/withings/cursor'
import { deliveryOf } from '../lib/withings/measures-messages'
import { planMeasures } from '../lib/withings/measures-plan'
import { runMeasures } from '../lib/withings/measures-run'

const register = (RED: NodeAPI): void => {
  function WithingsMeasures(this: Node, config: DataConfig<'types' | 'ambiguous' | 'units'>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      types: texts(config.types),
      ambiguous: choice(config.ambiguous, ['exclude', 'include']),
      units: choice(config.units, UNITS)
    }
    const cursors = cursorTable(RED)
    const asker = questionOf(this.id, settings.device)
    const own = cursorId(asker, settings.types)
    const report = new ProblemReport()

    const run = async (run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const plan = planMeasures(settings, await withDates(RED, this, config, msg), context.now())
      const question = cursorId(asker, plan.types)
      const stored = joined(cursors.get(question), plan.narrowed && cursors.get(own))
      const result = await runMeasures(context, { plan, stored })
      const delivery = { ...settings, types: plan.types }
      const notice = text(RED, 'notice.bloodPressure')
      const found = await deliveryOf(result.rows, context.userId, delivery, notice)
      const { messages, count, heldBack, seen } = found
      saw.readings(seen)
      await sendAs(RED, run, { output: settings.output, messages })
      if (result.cursor) await cursors.set(question, result.cursor)
      report.tell(result.problems, context.priority === 'user')
      if (heldBack > 0) return text(RED, 'status.readingsHeldBack', { count, held: heldBack })
      return count === 0 ? text(RED, 'status.nothingNew') : text(RED, 'status.readings', { count })
    }

    const { account, schedule, units } = settings
    startDataNode(RED, this, { account, schedule, rules: { measures: { units } }, run })
  }

  RED.nodes.registerType('withings-measures', WithingsMeasures)
}

export = register
