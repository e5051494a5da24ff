import type { NodeAPI, Node, NodeMessageInFlow } from 'node-red'
import { systemClock } from '../lib/clock'
import { choice } from '../lib/red/config-values'
import { cursorTable } from '../lib/red/cursor-table'
import { startDataNode, type Run } from '../lib/red/data-node'
import { dataSettings, nightRulesOf, questionOf, UNITS, type DataConfig } from '../lib/red/data-settings'
import { deliverNights, deliverStages } from '../lib/red/deliver-sleep'
import { ProblemReport } from '../lib/red/problem-report'
import { withDates } from '../lib/red/span-input'
import { text } from '../lib/red/texts'
import type { FetchContext } from '../lib/withings/fetch-context'
import type { Night, NightRules } from '../lib/withings/night'
import type { Reading } from '../lib/withings/reading'
import { remember } from '../lib/withings/row-messages'
import { isAwaited, ScoreRetry, type Unscored } from '../lib/withings/score-retry'
import { advancedBy, readUnscored, runSleep, type SleepResult } from '../lib/withings/sleep-run'
import { inSlices } from '../lib/withings/slices'
import { planSpan, type SpanPlan } from '../lib/withings/span-plan'
import { isOfDevice } from '../lib/withings/wanted-device'

const register = (RED: NodeAPI): void => {
  function WithingsSleep(this: Node, config: DataConfig<'what' | 'naps' | 'units' | keyof NightRules>): void {
    RED.nodes.createNode(this, config)
    const settings = {
      ...dataSettings(config),
      ...nightRulesOf(config),
      what: choice(config.what, ['nights', 'stages']),
      naps: choice(config.naps, ['include', 'exclude', 'only']),
      units: choice(config.units, UNITS)
    }
    const { what, device, mode, output, naps, units } = settings
    // What was read before stays known when the node reads something else for a while.
    const question = questionOf(this.id, what, device)
    const cursors = cursorTable(RED)
    const report = new ProblemReport()
    const options = { rules: settings, units }
    /** By the message that makes the node fetch it again. */
    const retries = new WeakMap<object, Unscored>()

    const readAgain = async (context: FetchContext, unscored: Unscored): Promise<SleepResult> => {
      const { userId } = context
      const nights = unscored.userId === userId ? await readUnscored(context, options, unscored) : []
      const cursor = mode === 'new' ? advancedBy(cursors.get(question), userId, nights) : undefined
      return { nights, problems: [], cursor }
    }

    const planOf = async (msg: NodeMessageInFlow): Promise<SpanPlan> =>
      planSpan(settings, await withDates(RED, this, config, msg), systemClock.now())

    const run = async (run: Run): Promise<string> => {
      const { context, saw, msg } = run
      const unscored = retries.get(msg)
      const result = unscored
        ? await readAgain(context, unscored)
        : await runSleep(context, options, { plan: await planOf(msg), stored: cursors.get(question) })
      const nights = result.nights
        .map(({ night }) => night)
        .filter(night => isWanted(night.kind, naps) && isOfDevice(night, device))
      if (unscored && nights.length === 0) return text(RED, 'status.stillUnscored')
      const seen = new Map<string, Reading>()
      await inSlices(nights, ({ readings }) => remember(seen, readings))
      saw.readings([...seen.values()])
      const problems = [...result.problems]
      if (what === 'nights') await deliverNights(RED, run, { nights, output })
      else problems.push(...(await deliverStages(RED, run, { nights, output })))
      retry.sent(nights)
      if (result.cursor) await cursors.set(question, result.cursor)
      // A night that is read again says nothing of the others.
      if (!unscored || problems.length > 0) report.tell(problems, context.priority === 'user')
      return statusOf(nights)
    }

    const statusOf = (nights: readonly Night[]): string => {
      const count = nights.length
      if (count === 0) return text(RED, 'status.nothingNew')
      const waiting = nights.filter(night => isAwaited(night, systemClock.now())).length
      if (waiting > 0) return text(RED, 'status.nightsUnscored', { count, unscored: waiting })
      return text(RED, `status.${what}`, { count })
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
