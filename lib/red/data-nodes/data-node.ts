import type { Node, NodeAPI, NodeMessageInFlow, NodeStatus } from 'node-red'
import { MINUTE_MS } from '../../base/clock'
import { asCodedError, CodedError, needsPerson, unreadable, wrongKeyOf } from '../../base/errors'
import type { FetchContext, WithingsClient } from '../../withings/api/client'
import type { Device } from '../../withings/devices/devices'
import type { Rules } from '../../withings/history/rules'
import type { Reading } from '../../withings/readings/reading'
import { type Problem, problemKey } from '../../withings/sync/row'
import { type AccountNode, findAccount } from '../accounts/account-node'
import { readers } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import { writePostponed } from '../storage/settings-store'

export type Send = (messages: NodeMessageInFlow) => void

/** What one run may use. */
export interface Run {
  /** `user` for a message, `poll` for a poll; `signal` is aborted when the node is closed. */
  context: FetchContext & { signal: AbortSignal }
  /** Where to tell what arrived. */
  saw: { readings(readings: Reading[]): void; devices(devices: Device[]): void }
  msg: NodeMessageInFlow
  send: Send
}

interface DataNodeParts {
  account: string
  /** Minutes between polls; 0 means only on a message. */
  schedule: number
  /** How it tells what a history tells too. */
  rules?: Rules
  /** Fetches and sends; gives the text of the status. */
  run: (run: Run) => Promise<string>
}

const FIRST_POLL = 1_000
/** Minutes between polls; Withings hears of a weighing only so often, and its budget is for all nodes. */
const SHORTEST_SCHEDULE = 10
/** Messages that wait for their run; a flow that sends more of them never stops doing so. */
const MOST_WAITING = 1_000
/** setInterval takes no longer pause. */
const LONGEST = 2 ** 31 - 1

/**
 * The common life of all nodes that fetch from an account: one run at a time, polls as messages to itself,
 * status, errors to Catch, an end at close. Nothing it calls can reject. Gives a way to make it run by itself, as
 * a poll does; false: it runs already.
 */
export function startDataNode(
  RED: NodeAPI,
  node: Node,
  parts: DataNodeParts
): (msg: NodeMessageInFlow) => boolean {
  const account = findAccount(RED, parts.account)
  if (account) readers.add({ node, id: node.id, account: account.account, rules: parts.rules ?? {} })
  const closing = new AbortController()
  const scheduled = new WeakSet<object>()
  let last: Promise<void> = Promise.resolve()
  let running = 0
  let polling: WithingsClient | undefined
  let personAsked = false

  const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], status: string) => {
    if (!closing.signal.aborted) node.status({ fill, shape, text: status })
  }
  const showFailure = (error: unknown) => {
    const { code } = asCodedError(error, 'BAD_ANSWER')
    const key = wrongKeyOf(error)
    if (code === 'LOGIN_NEEDED') show('yellow', 'ring', t(RED, 'status.loginNeeded'))
    else if (key) show('red', 'ring', t(RED, `status.${key}`))
    else show('red', 'ring', t(RED, 'status.error', { code }, code))
  }
  const showLink = () => {
    if (!account) show('red', 'ring', t(RED, 'status.notConfigured'))
    else if (account.registry.status(account.account) === 'login-needed') {
      show('yellow', 'ring', t(RED, 'status.loginNeeded'))
    } else if (account.registry.refusal(account.account)) {
      showFailure(account.registry.refusal(account.account))
    } else if (account.registry.status(account.account) === 'volatile') {
      show('yellow', 'dot', t(RED, 'status.volatile'))
    } else show('grey', 'ring', t(RED, 'status.linked'))
  }

  const runOnce = async (msg: NodeMessageInFlow, send: Send, done: (error?: Error) => void) => {
    const isPoll = scheduled.has(msg)
    try {
      if (!account) throw new CodedError('NOT_CONFIGURED', 'noAccount')
      show('blue', 'dot', t(RED, 'status.fetching'))
      const { client } = account.registry.client(account.account)
      if (isPoll) {
        polling = client
        if (running > 1) client.hurry()
      }
      const saw = {
        readings: (readings: Reading[]) =>
          account.registry.activity.recordReadings(account.account, readings),
        devices: (devices: Device[]) => account.registry.activity.recordDevices(account.account, devices)
      }
      const { signal } = closing
      const context = { ...client.context({ priority: isPoll ? 'poll' : 'user', signal }), signal }
      const status = await parts.run({ context, saw, msg, send })
      personAsked = false
      account.registry.activity.forgetFailure(account.account)
      show('green', 'dot', status)
      done()
    } catch (error) {
      if (closing.signal.aborted) return done()
      const coded = asCodedError(error, 'BAD_ANSWER')
      if (account && coded.code !== 'BAD_INPUT') account.registry.activity.failed(account.account, coded)
      showFailure(coded)
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

  const runAlone = (msg: NodeMessageInFlow) => {
    if (running > 0 || closing.signal.aborted) return false
    scheduled.add(msg)
    node.receive(msg)
    return true
  }
  const poll = () => void runAlone({ _msgid: RED.util.generateId() })
  const stop = account
    ? startPolling(account, scheduleOf(RED, node, parts.schedule), poll, () => {
        personAsked = false
        showLink()
      })
    : () => undefined
  const stopPauses = account?.registry.onPause(account.account, () => {
    if (running > 0) show('yellow', 'ring', t(RED, 'status.paused'))
  })
  showLink()
  node.on('close', (done: () => void) => {
    closing.abort()
    stop()
    stopPauses?.()
    void writePostponed().finally(done)
  })
  return runAlone
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

const MOST_TOLD = 5

/**
 * Tells what Withings sent and nobody can read. It comes again with each poll, for the cursor waits for it; once
 * is enough to know, until it went away and came back.
 */
export class ProblemReport {
  private told: ReadonlySet<string> = new Set()

  /**
   * Throws BAD_ANSWER when one of the problems was not among those of the run before. Whoever `asked` for an answer
   * is always told what is missing in it, except for a row that he knows of.
   */
  report(problems: readonly Problem[], asked: boolean): void {
    const before = this.told
    this.told = new Set(problems.map(problemKey))
    const fresh = problems.filter(
      problem => !before.has(problemKey(problem)) || (asked && problem.id === undefined)
    )
    if (fresh.length === 0) return
    const places = fresh.slice(0, MOST_TOLD).map(problem => problem.place)
    throw unreadable(places.join(', '))
  }
}
