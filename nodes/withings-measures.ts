import type { NodeAPI } from 'node-red'
import { cursorKeyOf, dataSettings, oneOf, strings, UNITS } from '../lib/red/data-nodes/config'
import { registerDataNode } from '../lib/red/data-nodes/data-node'
import { countText } from '../lib/red/data-nodes/node-status'
import { sendAs } from '../lib/red/data-nodes/send-messages'
import { t } from '../lib/red/i18n/texts'
import { cursorId, cursorStore } from '../lib/red/storage/cursors'
import { deliveryOf } from '../lib/withings/measures/messages'
import { measuresQueryOf, syncMeasures } from '../lib/withings/measures/sync'
import { joinCursors } from '../lib/withings/sync/cursor'

export = (RED: NodeAPI): void =>
  registerDataNode<'types' | 'ambiguous' | 'units'>(RED, 'withings-measures', ({ node, config }) => {
    const settings = {
      ...dataSettings(config),
      types: strings(config.types),
      ambiguous: oneOf(config.ambiguous, ['exclude', 'include']),
      units: oneOf(config.units, UNITS)
    }
    const { schedule, units, output } = settings
    const cursors = cursorStore(RED)
    const key = cursorKeyOf(node.id, settings.device)
    const ownCursor = cursorId(key, settings.types)
    return {
      schedule,
      rules: { measures: { units } },
      run: async run => {
        const { context, recordSeen } = run
        const query = measuresQueryOf(settings, await run.dated(), context.now())
        const cursor = cursors.row(cursorId(key, query.types))
        const stored = joinCursors(cursor.get(), query.narrowed && cursors.get(ownCursor))
        const result = await syncMeasures(context, { query, stored })
        const delivery = { ...settings, types: query.types }
        const notice = t(RED, 'notice.bloodPressure')
        const delivered = await deliveryOf(result.rows, context.userId, delivery, notice)
        const { messages, count, heldBack, seen } = delivered
        recordSeen.readings(seen)
        await sendAs(RED, run, { output, messages })
        if (result.cursor) await cursor.set(result.cursor)
        const status =
          heldBack > 0
            ? t(RED, 'status.readingsHeldBack', { count, held: heldBack })
            : countText(RED, 'readings', count)
        return { status, problems: result.problems }
      }
    }
  })
