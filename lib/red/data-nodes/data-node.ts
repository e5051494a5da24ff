import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red'
import { MINUTE_MS } from '../../base/clock'
import { asCodedError, CodedError, needsPerson, unreadable } from '../../base/errors'
import type { FetchContext, WithingsClient } from '../../withings/api/client'
import type { Device } from '../../withings/devices/devices'
import type { Rules } from '../../withings/history/rules'
import type { Reading } from '../../withings/readings/reading'
import { type Problem, problemKey } from '../../withings/sync/row'
import { type AccountNode, findAccount } from '../accounts/account-node'
import { readers } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import { writePostponed } from '../storage/settings-store'
import { type DataConfig, withDates } from './config'
import { NodeStatus } from './node-status'

/** What one run may use. */
export interface Run {
  /** `user` for a message, `poll` for a poll; `signal` is aborted when the node is closed. */
  context: FetchContext & { signal: AbortSignal }
  /** Remembers what arrived, for the diagnostics. */
  recordSeen: { readings(readings: Reading[]): void; devices(devices: Device[]): void }
  msg: NodeMessageInFlow
  /** The message with the dates that the node's form names, for planning the run. Throws BAD_INPUT. */
  dated: () => Promise<object>
  send: (messages: NodeMessageInFlow) => void
}

/** What came of a run. */
interface Outcome {
  /** Shown under the node. */
  status: string
  /** What could not be read; undefined: the run says nothing of that. */
  problems?: readonly Problem[] | undefined
}

/** How a data node differs from the others. */
interface DataNodeOptions {
  /** Minutes between polls; 0 means only on a message. */
  schedule: number
  /** By what it sends what a history import sends too. */
  rules?: Rules
  /** Fetches and sends. */
  run: (run: Run) => Promise<Outcome>
}

interface DataNode<Own extends string> {
  node: Node
  config: DataConfig<Own>
  /** Makes it run by itself, with the priority of a poll; false: it runs already. */
  runAlone: (msg: NodeMessageInFlow) => boolean
}

const FIRST_POLL = 1_000
/** Minutes between polls; Withings hears of a weighing only so often, and its budget is for all nodes. */
const SHORTEST_SCHEDULE = 10
/** Messages that wait for their run; a flow that sends more of them never stops doing so. */
const MOST_WAITING = 1_000
/** setInterval takes no longer pause. */
const LONGEST = 2 ** 31 - 1

/**
 * A type of node that fetches from an account: one run at a time, polls as messages to itself, status, errors to
 * Catch, an end at close. `define` reads the settings of a node.
 */
export function registerDataNode<Own extends string = never>(
  RED: NodeAPI,
  type: string,
  define: (dataNode: DataNode<Own>) => DataNodeOptions
): void {
  RED.nodes.registerType(type, function (this: Node, config: DataConfig<Own>) {
    RED.nodes.createNode(this, config)
    startDataNode(RED, this, { config, define })
  })
}

/** Nothing it calls can reject. */
function startDataNode<Own extends string>(
  RED: NodeAPI,
  node: Node,
  { config, define }: { config: DataConfig<Own>; define: (dataNode: DataNode<Own>) => DataNodeOptions }
): void {
  const account = findAccount(RED, config.account)
  const closing = new AbortController()
  const { signal } = closing
  const status = new NodeStatus(RED, node, signal)
  const problemReport = new ProblemReport()
  const scheduled = new WeakSet<object>()
  let last: Promise<void> = Promise.resolve()
  let running = 0
  let polling: WithingsClient | undefined
  let personAsked = false

  const runAlone = (msg: NodeMessageInFlow) => {
    if (running > 0 || signal.aborted) return false
    scheduled.add(msg)
    node.receive(msg)
    return true
  }
  const options = define({ node, config, runAlone })

  const runOnce = async (msg: NodeMessageInFlow, send: Run['send'], done: (error?: Error) => void) => {
    const isPoll = scheduled.has(msg)
    try {
      if (!account) throw new CodedError('NOT_CONFIGURED', 'noAccount')
      status.show('blue', 'dot', t(RED, 'status.fetching'))
      const { registry, account: id } = account
      const { client } = registry.client(id)
      if (isPoll) {
        polling = client
        if (running > 1) client.hurry()
      }
      const outcome = await options.run({
        context: { ...client.context({ priority: isPoll ? 'poll' : 'user', signal }), signal },
        recordSeen: {
          readings: readings => registry.activity.recordReadings(id, readings),
          devices: devices => registry.activity.recordDevices(id, devices)
        },
        msg,
        dated: () => withDates(RED, node, config, msg),
        send
      })
      if (outcome.problems) problemReport.report(outcome.problems, !isPoll)
      personAsked = false
      registry.activity.forgetFailure(id)
      status.show('green', 'dot', outcome.status)
      done()
    } catch (error) {
      if (signal.aborted) return done()
      const coded = asCodedError(error, 'BAD_ANSWER')
      if (account && coded.code !== 'BAD_INPUT') account.registry.activity.failed(account.account, coded)
      status.showFailure(coded)
      // A poll that nobody asked for says once that a person is needed, not every few minutes.
      const silent = isPoll && needsPerson(coded) && personAsked
      personAsked ||= needsPerson(coded)
      done(silent ? undefined : translateError(RED, coded, 'BAD_ANSWER'))
    } finally {
      polling = undefined
    }
  }

  node.on('input', (msg, send, done) => {
    if (running >= MOST_WAITING) {
      const error = new CodedError('BAD_INPUT', 'tooManyMessages', { count: MOST_WAITING })
      return done(translateError(RED, error, 'BAD_INPUT'))
    }
    running += 1
    // Whoever sends a message waits for the poll that runs.
    polling?.hurry()
    last = last.then(() => runOnce(msg, send, done)).finally(() => (running -= 1))
  })

  const stops: (() => void)[] = []
  if (account) {
    const { registry, account: id } = account
    readers.add({ node, id: node.id, account: id, rules: options.rules ?? {} })
    const poll = () => void runAlone({ _msgid: RED.util.generateId() })
    const schedule = scheduleOf(RED, node, options.schedule)
    stops.push(
      startPolling(account, schedule, poll, () => {
        personAsked = false
        status.showLogin(account)
      }),
      registry.onPause(id, () => {
        if (running > 0) status.show('yellow', 'ring', t(RED, 'status.paused'))
      })
    )
  }
  status.showLogin(account)
  node.on('close', (done: () => void) => {
    closing.abort()
    for (const stop of stops) stop()
    void writePostponed().finally(done)
  })
}

/** Minutes between polls. Flows of older versions may have a shorter pause than there is. */
function scheduleOf(RED: NodeAPI, node: Node, stored: number): number {
  if (stored === 0 || stored >= SHORTEST_SCHEDULE) return stored
  node.warn(t(RED, 'schedule.raised', { asked: stored, minutes: SHORTEST_SCHEDULE }))
  return SHORTEST_SCHEDULE
}

/** Polls soon after the start, after each login, and every `schedule` minutes. Returns how to stop. */
function startPolling(
  account: AccountNode,
  schedule: number,
  poll: () => void,
  onLink: () => void
): () => void {
  const timers: NodeJS.Timeout[] = []
  if (schedule > 0) {
    timers.push(setTimeout(poll, FIRST_POLL), setInterval(poll, Math.min(schedule * MINUTE_MS, LONGEST)))
  }
  const stopListening = account.registry.onChange(account.account, () => {
    onLink()
    const { registry, account: id } = account
    if (schedule > 0 && registry.status(id) !== 'login-needed' && registry.refusal(id) === undefined) poll()
  })
  return () => {
    timers.forEach(clearTimeout)
    stopListening()
  }
}

const MOST_REPORTED = 5

/** Reports what nobody can read once, though it comes again with each poll; again when it went away and came back. */
export class ProblemReport {
  private reported: ReadonlySet<string> = new Set()

  /**
   * Throws BAD_ANSWER when one of the problems was not among those of the run before; where somebody `asked` for the
   * answer, always, except for a row that was reported before.
   */
  report(problems: readonly Problem[], asked: boolean): void {
    const before = this.reported
    this.reported = new Set(problems.map(problemKey))
    const fresh = problems.filter(
      problem => !before.has(problemKey(problem)) || (asked && problem.id === undefined)
    )
    if (fresh.length === 0) return
    const places = fresh.slice(0, MOST_REPORTED).map(problem => problem.place)
    throw unreadable(places.join(', '))
  }
}
