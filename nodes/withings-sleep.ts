import type { NodeAPI, NodeMessageInFlow } from 'node-red'
import { systemClock } from '../lib/base/clock'
import { inSlices } from '../lib/base/slices'
import { cursorKeyOf, dataSettings, nightRulesOf, oneOf, UNITS } from '../lib/red/data-nodes/config'
import { registerDataNode, type Run } from '../lib/red/data-nodes/data-node'
import { countText } from '../lib/red/data-nodes/node-status'
import { deliverNights, deliverStages } from '../lib/red/data-nodes/send-messages'
import { t } from '../lib/red/i18n/texts'
import { cursorStore } from '../lib/red/storage/cursors'
import { keepNewest } from '../lib/withings/readings/item-messages'
import { isOfDevice, type Reading } from '../lib/withings/readings/reading'
import type { Night, NightRules } from '../lib/withings/sleep/night'
import { isScorePending, ScoreRetry, type UnscoredNight } from '../lib/withings/sleep/score-retry'
import { advancedBy, readUnscored, type SleepResult, syncSleep } from '../lib/withings/sleep/sync'
import { queryOf } from '../lib/withings/sync/query'

type Own = 'what' | 'naps' | 'units' | keyof NightRules

export = (RED: NodeAPI): void =>
  registerDataNode<Own>(RED, 'withings-sleep', ({ node, config, runAlone }) => {
    const nightRules = nightRulesOf(config)
    const settings = {
      ...dataSettings(config),
      ...nightRules,
      what: oneOf(config.what, ['nights', 'stages']),
      naps: oneOf(config.naps, ['include', 'exclude', 'only']),
      units: oneOf(config.units, UNITS)
    }
    const { what, device, mode, output, naps, units, schedule } = settings
    // What was read before stays known when the node reads something else for a while.
    const cursor = cursorStore(RED).row(cursorKeyOf(node.id, what, device))
    const options = { rules: settings, units }
    /** By the message that makes the node fetch it again. */
    const retries = new WeakMap<object, UnscoredNight>()
    const retry = new ScoreRetry(systemClock, night => {
      const msg: NodeMessageInFlow = { _msgid: RED.util.generateId() }
      retries.set(msg, night)
      return runAlone(msg)
    })
    node.on('close', () => retry.close())

    const readAgain = async ({ context }: Run, unscored: UnscoredNight): Promise<SleepResult> => {
      const { userId } = context
      const nights = unscored.userId === userId ? await readUnscored(context, options, unscored) : []
      const advanced = mode === 'new' ? advancedBy(cursor.get(), userId, nights) : undefined
      return { nights, problems: [], cursor: advanced }
    }

    const read = async ({ context, dated }: Run): Promise<SleepResult> => {
      const query = queryOf(settings, await dated(), context.now())
      return syncSleep(context, options, { query, stored: cursor.get() })
    }

    const statusOf = (nights: readonly Night[]): string => {
      const count = nights.length
      const unscored = nights.filter(night => isScorePending(night, systemClock.now())).length
      return unscored > 0 ? t(RED, 'status.nightsUnscored', { count, unscored }) : countText(RED, what, count)
    }

    return {
      schedule,
      rules: what === 'nights' ? { sleep: { units, ...nightRules } } : {},
      run: async run => {
        const unscored = retries.get(run.msg)
        const result = unscored ? await readAgain(run, unscored) : await read(run)
        const nights = result.nights
          .map(({ night }) => night)
          .filter(night => isWanted(night.kind, naps) && isOfDevice(night, device))
        if (unscored && nights.length === 0) return { status: t(RED, 'status.stillUnscored') }
        const seen = new Map<string, Reading>()
        await inSlices(nights, ({ readings }) => keepNewest(seen, readings))
        run.recordSeen.readings([...seen.values()])
        const problems = [...result.problems]
        if (what === 'nights') await deliverNights(RED, run, { nights, output })
        else problems.push(...(await deliverStages(RED, run, { nights, output })))
        retry.sent(nights)
        if (result.cursor) await cursor.set(result.cursor)
        // A night that is read again says nothing of the others.
        const isSilent = unscored !== undefined && problems.length === 0
        return { status: statusOf(nights), problems: isSilent ? undefined : problems }
      }
    }
  })

function isWanted(kind: Night['kind'], naps: 'include' | 'exclude' | 'only'): boolean {
  return naps === 'include' || (naps === 'only') === (kind === 'nap')
}
