import type { NodeAPI } from 'node-red'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../base/clock'
import { CodedError, failureOf } from '../../base/errors'
import { Throttle } from '../../base/throttle'
import type { LackingFeatures } from '../../gladys/discovery/new-features'
import { HistoryImport, type HistoryImportDeps } from '../../gladys/import/history-import'
import type { ImportStore } from '../../gladys/import/resume-store'
import { covers, type ImportRecord, type ImportScope, newRecord } from '../../gladys/import/resume-store'
import { type ImportState, isOpen } from '../../gladys/import/state'
import { MANUAL } from '../../gladys/model/external-ids'
import type { Item } from '../../gladys/model/items'
import type { DaysMove } from '../../gladys/model/manual-days'
import { chosenRules, type Decision, optionsOf, type Rules } from '../../withings/history/rules'
import { findAccount, runningAccountOf } from '../accounts/account-node'
import type { AccountRegistry } from '../accounts/account-registry'
import { adminRoutes, isFirst } from '../admin/handler'
import { FlowRules } from '../flows/history-rules'
import { type ImportForm, parseImportForm } from './import-form'

/** A gladys-device-state node as the import manager sees it. */
export interface ImportingNode extends Pick<
  HistoryImportDeps,
  | 'addressing'
  | 'manualDays'
  | 'inFeatureUnit'
  | 'send'
  | 'sentLive'
  | 'counts'
  | 'unreadable'
  | 'leftOut'
  | 'restarted'
> {
  readonly id: string
  /** Under which versions before this one kept its imports, if it is inside a subflow. */
  readonly template: string | undefined
  readonly store: ImportStore
  /** What values wait for now. */
  readonly missing: 'broker' | 'gladys' | undefined
  /** As for HistoryImportDeps; gives what Gladys lacks until somebody presses "Update" there. */
  introduce(items: readonly Item[]): Promise<LackingFeatures>
  /** From now on these days go to their own device, not to "manual". */
  moveDays(move: Pick<DaysMove, 'userId' | 'to'>): Promise<void>
  /** Told of each progress and each change of state. */
  show(state: ImportState): void
}

interface Entry {
  readonly host: ImportingNode
  readonly run: HistoryImport
  readonly record: ImportRecord
  readonly publish: Throttle
  readonly stopListening: () => void
}

export const ACTIONS = ['pause', 'resume', 'cancel'] as const
export type ImportAction = (typeof ACTIONS)[number]

/** Editors hear of an import no more often than every so many milliseconds. */
const PUBLISH_EVERY = 500
/** Ended imports that are still shown. */
const MOST_ENDED = 50

/** All history imports of this process: of which node, and where they stand. */
export class ImportManager {
  private readonly hosts = new Map<string, ImportingNode>()
  private readonly entries = new Map<string, Entry>()
  /** Those whose interrupted imports stand still on disk. */
  private readonly starting = new Set<ImportingNode>()

  constructor(
    private readonly RED: NodeAPI,
    private readonly registry: AccountRegistry
  ) {
    RED.events.on('flows:started', () => this.resume())
  }

  /** A node can take imports; those that its last end interrupted go on when all nodes are there, accounts too. */
  addNode(host: ImportingNode): void {
    this.hosts.set(host.id, host)
    this.starting.add(host)
  }

  private resume(): void {
    for (const host of this.starting) this.resumeOf(host)
    this.starting.clear()
  }

  private resumeOf(host: ImportingNode): void {
    for (const record of host.store.load()) {
      const known = this.entries.get(record.id)
      const isOurs = record.node === host.id || record.node === host.template
      if (isOurs && (known === undefined || known.host === host))
        this.open({ ...record, node: host.id }, host)
    }
  }

  /** The node was closed. What is open stays on disk. */
  removeNode(host: ImportingNode): void {
    if (this.hosts.get(host.id) === host) this.hosts.delete(host.id)
    this.starting.delete(host)
    for (const [id, entry] of this.entries) {
      if (entry.host !== host) continue
      entry.run.stop()
      this.release(entry)
      if (isOpen(entry.run.state.state)) this.entries.delete(id)
    }
  }

  /** The broker of this node, or Gladys behind it, went away or came back. */
  brokerIs(host: ImportingNode, state: 'away' | 'connected'): void {
    for (const entry of this.entries.values()) if (entry.host === host) entry.run.brokerIs(state)
  }

  list(): ImportState[] {
    return [...this.entries.values()].map(stateOf)
  }

  /**
   * Starts what the form `{node, account, deviceId?, from?, rules?}` asks for; an import of the same node, account and
   * device that is still open is given back instead. Throws BAD_INPUT, NOT_CONFIGURED and LOGIN_NEEDED.
   */
  begin(form: unknown): { state: ImportState; fresh: boolean } {
    const { node, account: accountId, deviceId, from, rules: wanted } = parseImportForm(form)
    const host = this.hosts.get(node)
    if (host === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysNode')
    const account = findAccount(this.RED, accountId)?.account
    if (account === undefined) throw new CodedError('NOT_CONFIGURED', 'noAccount')
    return this.enter(host, account, { deviceId, from, rules: this.chosen(host, account, wanted) })
  }

  /**
   * Moves the days that went on under "manual" to the device `deviceId` of the form `{node, account, deviceId}`, and
   * starts the import of their history. Throws BAD_INPUT, NOT_CONFIGURED, LOGIN_NEEDED and OUTBOX_FULL.
   */
  async moveDays(form: unknown): Promise<ImportState> {
    const { node, account: accountId, deviceId: to } = parseImportForm(form)
    const host = this.hosts.get(node)
    if (host === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysNode')
    const account = findAccount(this.RED, accountId)?.account
    if (account === undefined) throw new CodedError('NOT_CONFIGURED', 'noAccount')
    if (to === null || to === MANUAL) throw new CodedError('BAD_INPUT', 'noDeviceForDays')
    const { userId } = this.registry.client(account)
    await host.moveDays({ userId, to })
    // One that is open has passed some days already.
    this.forget(node, userId, to)
    return this.enter(host, account, { deviceId: to, from: null, rules: {} }).state
  }

  private decisions(host: ImportingNode, account: string): Decision[] {
    return new FlowRules(this.RED, this.registry).decisions(host.id, account)
  }

  private chosen(host: ImportingNode, account: string, wanted: ImportForm['rules']): Rules {
    const chosen = chosenRules(this.decisions(host, account), wanted)
    if (chosen === undefined) throw new CodedError('BAD_INPUT', 'wrongRules')
    return chosen
  }

  /**
   * Starts the whole history of a device for whoever is linked as `userId`; false when nobody is, or while an import of
   * all devices is open: Gladys dropped what that has sent so far of this one.
   */
  beginFor(host: ImportingNode, userId: string, deviceId: string): boolean {
    const account = runningAccountOf(userId)
    if (account === undefined) return false
    const asked = { deviceId, from: null, except: [] }
    if (this.openOf(host, account).some(({ record }) => record.deviceId === null && covers(record, asked)))
      return false
    this.enter(host, account, { deviceId, from: null, rules: {} })
    return true
  }

  private enter(
    host: ImportingNode,
    account: string,
    { deviceId, from, rules }: Pick<ImportRecord, 'deviceId' | 'from' | 'rules'>
  ): { state: ImportState; fresh: boolean } {
    const asked = { deviceId, from, except: [] }
    const open = this.openOf(host, account)
    const same = open.find(({ record }) => record.deviceId === deviceId || covers(record, asked))
    if (same !== undefined) return { state: stateOf(same), fresh: false }
    for (const [id, { host: its, record }] of this.entries)
      if (its === host && record.account === account && record.deviceId === deviceId) this.entries.delete(id)
    const { userId } = this.registry.client(account)
    const id = randomBytes(8).toString('hex')
    const { except, pageBegun } = takeOver(open, asked)
    const ids = { id, node: host.id, account, userId }
    const record = newRecord({ ...ids, deviceId, from, rules, except }, systemClock.now())
    return { state: stateOf(this.open({ ...record, pageBegun }, host)), fresh: true }
  }

  private openOf(host: ImportingNode, account: string): Entry[] {
    return [...this.entries.values()].filter(
      ({ host: its, run, record }) => its === host && record.account === account && isOpen(run.state.state)
    )
  }

  /** Cancels and forgets the imports of this device. */
  forget(node: string, userId: string, deviceId: string): void {
    for (const [id, { host, run }] of this.entries) {
      if (host.id !== node || run.state.userId !== userId || run.state.deviceId !== deviceId) continue
      run.cancel()
      this.entries.delete(id)
    }
  }

  /** Throws BAD_INPUT when there is no such import. */
  control(id: string, action: ImportAction): ImportState {
    const entry = this.entries.get(id)
    if (entry === undefined) throw new CodedError('BAD_INPUT', 'noImport')
    entry.run[action]()
    return stateOf(entry)
  }

  private open(record: ImportRecord, host: ImportingNode): Entry {
    const run = new HistoryImport(record, {
      ...host,
      clock: systemClock,
      context: options => this.registry.client(record.account).client.context(options),
      options: () => optionsOf(this.decisions(host, record.account), record.rules),
      introduce: async items => {
        record.lacking = { ...record.lacking, ...(await host.introduce(items)) }
      },
      send: async states => {
        await host.send(states)
        // What is sent once more at the end was counted.
        if (run.state.comparison === null)
          record.dropped += states.filter(({ feature }) => Object.hasOwn(record.lacking, feature)).length
      },
      changed: () => this.changed(entry)
    })
    const entry: Entry = {
      host,
      run,
      record,
      publish: new Throttle(PUBLISH_EVERY, systemClock, () =>
        this.RED.comms.publish('withings/imports', stateOf(entry), false)
      ),
      stopListening: this.registry.onChange(record.account, () => run.retry())
    }
    this.entries.set(record.id, entry)
    this.forgetOldest()
    if (host.missing !== undefined) run.brokerIs('away')
    run.start()
    this.changed(entry)
    return entry
  }

  private changed(entry: Entry): void {
    if (!isOpen(entry.run.state.state)) this.release(entry, 'and publish')
    entry.publish.call()
    entry.host.show(stateOf(entry))
  }

  private release(entry: Entry, last?: 'and publish'): void {
    entry.stopListening()
    if (last === undefined) entry.publish.stop()
  }

  private forgetOldest(): void {
    const ended = [...this.entries].filter(([, { run }]) => !isOpen(run.state.state))
    for (const [id] of ended.slice(0, -MOST_ENDED)) this.entries.delete(id)
  }
}

/** Open imports of single devices go on, and are left out of one of all; those that ask for less end. */
function takeOver(open: readonly Entry[], asked: ImportScope): { except: string[]; pageBegun: boolean } {
  const except: string[] = []
  let pageBegun = false
  for (const { run, record } of asked.deviceId === null ? open : []) {
    if (record.deviceId === null) continue
    if (covers(record, { ...asked, deviceId: record.deviceId })) except.push(record.deviceId)
    else {
      run.cancel()
      // What it just sent goes out again, and not within seconds.
      pageBegun = true
    }
  }
  return { except, pageBegun }
}

/** With the id that the node has now, and what the run does not know: what Gladys lacks, and for whom its values wait. */
function stateOf({ host, run, record }: Entry): ImportState {
  const { state } = run
  const waits = state.error?.code === 'BROKER_UNREACHABLE' && host.missing === 'gladys'
  const { except, lacking, dropped } = record
  // What was added to Gladys meanwhile was sent once more.
  const isComplete = state.comparison?.state === 'done' && state.comparison.found >= state.comparison.expected
  const missing = isComplete ? [] : [...new Set(Object.values(lacking))]
  return {
    ...state,
    ...(waits && { error: failureOf(new CodedError('GLADYS_REFUSED', 'importWaitsForGladys')) }),
    ...{ node: host.id, except, missing, dropped: isComplete ? 0 : dropped }
  }
}

let manager: ImportManager | undefined

/** The one import manager of this process. */
export function importManager(RED: NodeAPI, registry: AccountRegistry): ImportManager {
  manager ??= new ImportManager(RED, registry)
  return manager
}

/** The admin endpoints of the history imports, once per process. */
export function registerImportRoutes(RED: NodeAPI, manager: ImportManager): void {
  if (!isFirst(RED.httpAdmin, 'imports')) return
  const { get, post } = adminRoutes(RED)
  get('/withings/imports', () => manager.list())
  post('/withings/imports', (req, res) => {
    const { state, fresh } = manager.begin(req.body)
    res.status(fresh ? 201 : 200)
    return state
  })
  post('/withings/days/move', req => manager.moveDays(req.body))
  for (const action of ACTIONS)
    post(`/withings/imports/:id/${action}`, req => manager.control(String(req.params.id), action))
}
