import type { NodeAPI } from 'node-red'
import { BRANDS_WANTED, cursorKeyOf, dataSettings, oneOf, UNITS } from '../lib/red/data-nodes/config'
import { registerDataNode } from '../lib/red/data-nodes/data-node'
import { countText } from '../lib/red/data-nodes/node-status'
import { deliverParts } from '../lib/red/data-nodes/send-messages'
import { t } from '../lib/red/i18n/texts'
import { cursorStore, intradayCursorStore } from '../lib/red/storage/cursors'
import { ACTIVITY_KINDS, readActivity } from '../lib/withings/activity/activity'
import { DayDevices } from '../lib/withings/activity/days'
import { queryOf } from '../lib/withings/sync/query'

export = (RED: NodeAPI): void =>
  registerDataNode<'what' | 'external' | 'units'>(RED, 'withings-activity', ({ node, config }) => {
    const settings = {
      ...dataSettings(config),
      what: oneOf(config.what, ACTIVITY_KINDS),
      external: oneOf(config.external, BRANDS_WANTED),
      units: oneOf(config.units, UNITS)
    }
    const { what, output, schedule, units, external } = settings
    // What was read before stays known when the node reads something else for a while.
    const cursorKey = cursorKeyOf(node.id, what, settings.device)
    const cursors = {
      rows: cursorStore(RED).row(cursorKey),
      samples: intradayCursorStore(RED).row(cursorKey)
    }
    const devices = new DayDevices()
    const rules = { units, external }
    return {
      schedule,
      rules: what === 'daily' ? { days: rules } : what === 'workouts' ? { workouts: rules } : {},
      run: async run => {
        const query = queryOf(settings, await run.dated(), run.context.now())
        const parts = readActivity(what, run.context, { query, options: settings, cursors, devices })
        const { count, heldBack, problems } = await deliverParts(RED, run, { parts, output })
        const status =
          heldBack > 0
            ? t(RED, `status.${what}HeldBack`, { count, held: heldBack })
            : countText(RED, what, count)
        return { status, problems }
      }
    }
  })
