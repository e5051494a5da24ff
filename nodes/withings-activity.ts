import type { NodeAPI, Node } from 'node-red'
import { choice } from '../lib/red/config-values'
import { cursorTable, sampleCursorTable } from '../lib/red/cursor-table'
import { startDataNode, type Run } from '../lib/red/data-node'
import { BRANDS_WANTED, dataSettings, questionOf, UNITS, type DataConfig } from '../lib/red/data-settings'
import { deliverParts } from '../lib/red/deliver-parts'
import { ProblemReport } from '../lib/red/problem-report'
import { withDates } from '../lib/red/span-input'
import { text } from '../lib/red/texts'
import { ACTIVITY, readActivity } from '../lib/withings/activity-parts'
import { DayDevices } from '../lib/withings/day-devices'
import { planSpan } from '../lib/withings/span-plan'

const register = (RED: NodeAPI): void => {
  function WithingsActivity(this: Node, config: DataConfig<'what' | 'external' | 'units'>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      what: choice(config.what, ACTIVITY),
      external: choice(config.external, BRANDS_WANTED),
      units: choice(config.units, UNITS)
    }
    const { what, device, output } = settings
    // What was read before stays known when the node reads something else for a while.
    const question = questionOf(this.id, what, device)
    const cursors = {
      rows: cursorTable(RED).row(question),
      samples: sampleCursorTable(RED).row(question)
    }
    const report = new ProblemReport()
    const devices = new DayDevices()

    const run = async (run: Run): Promise<string> => {
      const { context, msg } = run
      const plan = planSpan(settings, await withDates(RED, this, config, msg), context.now())
      const parts = readActivity(what, context, { plan, options: settings, cursors, devices })
      const { count, heldBack, problems } = await deliverParts(RED, run, { parts, output })
      report.tell(problems, context.priority === 'user')
      if (heldBack > 0) return text(RED, `status.${what}HeldBack`, { count, held: heldBack })
      return count === 0 ? text(RED, 'status.nothingNew') : text(RED, `status.${what}`, { count })
    }

    const { account, schedule, units, external } = settings
    const told = { units, external }
    const rules = what === 'daily' ? { days: told } : what === 'workouts' ? { workouts: told } : {}
    startDataNode(RED, this, { account, schedule, rules, run })
  }

  RED.nodes.registerType('withings-activity', WithingsActivity)
}

export = register
