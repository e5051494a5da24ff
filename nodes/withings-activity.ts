import type { Node, NodeAPI } from 'node-red'
import {
  BRANDS_WANTED,
  cursorKeyOf,
  type DataConfig,
  dataSettings,
  oneOf,
  UNITS
} from '../lib/red/data-nodes/config'
import { ProblemReport, type Run, startDataNode } from '../lib/red/data-nodes/data-node'
import { withDates } from '../lib/red/data-nodes/date-inputs'
import { deliverParts } from '../lib/red/data-nodes/deliver-activity'
import { t } from '../lib/red/i18n/texts'
import { cursorStore, intradayCursorStore } from '../lib/red/storage/cursors'
import { ACTIVITY_KINDS, readActivity } from '../lib/withings/activity/activity'
import { DayDevices } from '../lib/withings/activity/day-devices'
import { queryOf } from '../lib/withings/sync/query'

const register = (RED: NodeAPI): void => {
  function WithingsActivity(this: Node, config: DataConfig<'what' | 'external' | 'units'>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      what: oneOf(config.what, ACTIVITY_KINDS),
      external: oneOf(config.external, BRANDS_WANTED),
      units: oneOf(config.units, UNITS)
    }
    const { what, device, output } = settings
    // What was read before stays known when the node reads something else for a while.
    const cursorKey = cursorKeyOf(this.id, what, device)
    const cursors = {
      rows: cursorStore(RED).row(cursorKey),
      samples: intradayCursorStore(RED).row(cursorKey)
    }
    const report = new ProblemReport()
    const devices = new DayDevices()

    const run = async (run: Run): Promise<string> => {
      const { context, msg } = run
      const query = queryOf(settings, await withDates(RED, this, config, msg), context.now())
      const parts = readActivity(what, context, { query, options: settings, cursors, devices })
      const { count, heldBack, problems } = await deliverParts(RED, run, { parts, output })
      report.report(problems, context.priority === 'user')
      if (heldBack > 0) return t(RED, `status.${what}HeldBack`, { count, held: heldBack })
      return count === 0 ? t(RED, 'status.nothingNew') : t(RED, `status.${what}`, { count })
    }

    const { account, schedule, units, external } = settings
    const told = { units, external }
    const rules = what === 'daily' ? { days: told } : what === 'workouts' ? { workouts: told } : {}
    startDataNode(RED, this, { account, schedule, rules, run })
  }

  RED.nodes.registerType('withings-activity', WithingsActivity)
}

export = register
