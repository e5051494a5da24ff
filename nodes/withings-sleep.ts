import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red'
import { systemClock } from '../lib/base/clock'
import { inSlices } from '../lib/base/slices'
import {
  cursorKeyOf,
  type DataConfig,
  dataSettings,
  nightRulesOf,
  oneOf,
  UNITS
} from '../lib/red/data-nodes/config'
import { ProblemReport, type Run, startDataNode } from '../lib/red/data-nodes/data-node'
import { withDates } from '../lib/red/data-nodes/date-inputs'
import { deliverNights, deliverStages } from '../lib/red/data-nodes/deliver-sleep'
import { t } from '../lib/red/i18n/texts'
import { cursorStore } from '../lib/red/storage/cursors'
import type { FetchContext } from '../lib/withings/api/client'
import { keepNewest } from '../lib/withings/readings/item-messages'
import type { Reading } from '../lib/withings/readings/reading'
import { isOfDevice } from '../lib/withings/readings/reading'
import type { Night, NightRules } from '../lib/withings/sleep/night'
import { isScorePending, ScoreRetry, type UnscoredNight } from '../lib/withings/sleep/score-retry'
import { advancedBy, readUnscored, type SleepResult, syncSleep } from '../lib/withings/sleep/sync'
import { type Query, queryOf } from '../lib/withings/sync/query'

const register = (RED: NodeAPI): void => {
  function WithingsSleep(this: Node, config: DataConfig<'what' | 'naps' | 'units' | keyof NightRules>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      ...nightRulesOf(config),
      what: oneOf(config.what, ['nights', 'stages']),
      naps: oneOf(config.naps, ['include', 'exclude', 'only']),
      units: oneOf(config.units, UNITS)
    }
    const { what, device, mode, output, naps, units } = settings
    // What was read before stays known when the node reads something else for a while.
    const cursorKey = cursorKeyOf(this.id, what, device)
    const cursors = cursorStore(RED)
    const report = new ProblemReport()
    const options = { rules: settings, units }
    /** By the message that makes the node fetch it again. */
    const retries = new WeakMap<object, UnscoredNight>()

    const readAgain = async (context: FetchContext, unscored: UnscoredNight): Promise<SleepResult> => {
      const { userId } = context
      const nights = unscored.userId === userId ? await readUnscored(context, options, unscored) : []
      const cursor = mode === 'new' ? advancedBy(cursors.get(cursorKey), userId, nights) : undefined
      return { nights, problems: [], cursor }
    }

    const planOf = async (msg: NodeMessageInFlow): Promise<Query> =>
      queryOf(settings, await withDates(RED, this, config, msg), systemClock.now())

    const run = async (run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const unscored = retries.get(msg)
      const result = unscored
        ? await readAgain(context, unscored)
        : await syncSleep(context, options, { query: await planOf(msg), stored: cursors.get(cursorKey) })
      const nights = result.nights
        .map(({ night }) => night)
        .filter(night => isWanted(night.kind, naps) && isOfDevice(night, device))
      if (unscored && nights.length === 0) return t(RED, 'status.stillUnscored')
      const seen = new Map<string, Reading>()
      await inSlices(nights, ({ readings }) => keepNewest(seen, readings))
      saw.readings([...seen.values()])
      const problems = [...result.problems]
      if (what === 'nights') await deliverNights(RED, run, { nights, output })
      else problems.push(...(await deliverStages(RED, run, { nights, output })))
      retry.sent(nights)
      if (result.cursor) await cursors.set(cursorKey, result.cursor)
      // A night that is read again says nothing of the others.
      if (!unscored || problems.length > 0) report.report(problems, context.priority === 'user')
      return statusOf(nights)
    }

    const statusOf = (nights: readonly Night[]): string => {
      const count = nights.length
      if (count === 0) return t(RED, 'status.nothingNew')
      const waiting = nights.filter(night => isScorePending(night, systemClock.now())).length
      if (waiting > 0) return t(RED, 'status.nightsUnscored', { count, unscored: waiting })
      return t(RED, `status.${what}`, { count })
    }

    const { account, schedule } = settings
    const rules = what === 'nights' ? { sleep: { units, ...nightRulesOf(config) } } : {}
    const runAlone = startDataNode(RED, this, { account, schedule, rules, run })
    const retry = new ScoreRetry(systemClock, night => {
      const msg: NodeMessageInFlow = { _msgid: RED.util.generateId() }
      retries.set(msg, night)
      return runAlone(msg)
    })
    this.on('close', () => retry.close())
  }

  RED.nodes.registerType('withings-sleep', WithingsSleep)
}

function isWanted(kind: Night['kind'], naps: 'include' | 'exclude' | 'only'): boolean {
  return naps === 'include' || (naps === 'only') === (kind === 'nap')
}

export = register
