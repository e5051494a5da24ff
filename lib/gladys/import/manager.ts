import { randomBytes } from 'node:crypto'
import { type Clock, Throttle } from '../../base/clock'
import { CodedError, failureOf } from '../../base/errors'
import type { WithingsClient } from '../../withings/api/client'
import { chosenRules, type Decision, optionsOf } from '../../withings/history/rules'
import type { LackingFeatures } from '../discovery/new-features'
import { MANUAL } from '../model/external-ids'
import type { Item } from '../model/items'
import type { DaysMove } from '../model/manual-days'
import { type ImportForm, parseImportForm } from './form'
import { HistoryImport, type HistoryImportDeps } from './history-import'
import { covers, type ImportRecord, type ImportScope, newRecord } from './resume-store'
import { type ImportState, isOpen } from './state'

/** Where imports go to, a gladys-device-state node; functions that need no `this`. */
export interface ImportTarget extends Omit<
  HistoryImportDeps,
  'clock' | 'context' | 'options' | 'introduce' | 'changed'
> {
  readonly id: string
  /** Under which versions before this one kept its imports, if it is inside a subflow. */
  readonly template: string | undefined
  /** What values wait for now. */
  readonly missing: 'broker' | 'gladys' | undefined
  /** As for HistoryImport; gives what Gladys lacks until somebody presses "Update" there. */
  introduce(items: readonly Item[]): Promise<LackingFeatures>
  /** From now on these days go to their own device, not to "manual". */
  moveDays(move: Pick<DaysMove, 'userId' | 'to'>): Promise<void>
  /** Called with each progress and each change of state. */
  show(state: ImportState): void
}

/** Where histories come from, by the id under which the login of an account is stored. */
export interface ImportAccounts {
  /** That of an account node. Throws NOT_CONFIGURED when no such node runs. */
  idOf(node: string): string
  /** undefined: nobody is linked as this Withings user. */
  ofUser(userId: string): string | undefined
  /** Throws NOT_CONFIGURED and LOGIN_NEEDED. */
  client(account: string): { client: WithingsClient; userId: string }
  /** Calls `listener` when the login changed; returns how to stop that. */
  onChange(account: string, listener: () => void): () => void
  /** By which rules the flows send the values of an account to the target with this id. */
  decisions(target: string, account: string): Decision[]
}

interface ImportManagerOptions {
  accounts: ImportAccounts
  clock: Clock
  /** Says so to people who look, seldom. */
  publish: (state: ImportState) => void
}

interface Entry {
  readonly target: ImportTarget
  readonly run: HistoryImport
  readonly record: ImportRecord
  readonly publish: Throttle
  readonly stopListening: () => void
}

/** Editors hear of an import no more often than every so many milliseconds. */
const PUBLISH_EVERY = 500
/** Ended imports that are still shown. */
const MOST_ENDED = 50

/** All history imports of this process: of which node, and where they stand. */
export class ImportManager {
  private readonly targets = new Map<string, ImportTarget>()
  private readonly entries = new Map<string, Entry>()
  /** Those whose interrupted imports are on disk only. */
  private readonly unrestored = new Set<ImportTarget>()

  constructor(private readonly options: ImportManagerOptions) {}

  addTarget(target: ImportTarget): void {
    this.targets.set(target.id, target)
    this.unrestored.add(target)
  }

  /** Goes on with the imports that the last end of a target interrupted: when all nodes are there, accounts too. */
  restoreInterrupted(): void {
    for (const target of this.unrestored)
      for (const record of target.store.load()) {
        const known = this.entries.get(record.id)
        const isOurs = record.node === target.id || record.node === target.template
        if (isOurs && (known === undefined || known.target === target))
          this.open({ ...record, node: target.id }, target)
      }
    this.unrestored.clear()
  }

  /** The node was closed. What is open stays on disk. */
  removeTarget(target: ImportTarget): void {
    if (this.targets.get(target.id) === target) this.targets.delete(target.id)
    this.unrestored.delete(target)
    for (const [id, entry] of this.entries) {
      if (entry.target !== target) continue
      entry.run.stop()
      entry.stopListening()
      entry.publish.stop()
      if (isOpen(entry.run.state.state)) this.entries.delete(id)
    }
  }

  /** The broker of this target, or Gladys behind it, went away or came back. */
  brokerIs(target: ImportTarget, state: 'away' | 'connected'): void {
    for (const entry of this.entries.values()) if (entry.target === target) entry.run.brokerIs(state)
  }

  list(): ImportState[] {
    return [...this.entries.values()].map(stateOf)
  }

  /**
   * Starts what the form `{node, account, deviceId?, from?, rules?}` asks for; an import of the same node, account and
   * device that is still open is given back instead. Throws BAD_INPUT, NOT_CONFIGURED and LOGIN_NEEDED.
   */
  begin(form: unknown): { state: ImportState; fresh: boolean } {
    const { target, account, deviceId, from, rules: wanted } = this.parse(form)
    const rules = chosenRules(this.options.accounts.decisions(target.id, account), wanted)
    if (rules === undefined) throw new CodedError('BAD_INPUT', 'wrongRules')
    return this.enter(target, account, { deviceId, from, rules })
  }

  /**
   * Moves the days that went on under "manual" to the device `deviceId` of the form `{node, account, deviceId}`, and
   * starts the import of their history. Throws BAD_INPUT, NOT_CONFIGURED, LOGIN_NEEDED and OUTBOX_FULL.
   */
  async moveDays(form: unknown): Promise<ImportState> {
    const { target, account, deviceId: to } = this.parse(form)
    if (to === null || to === MANUAL) throw new CodedError('BAD_INPUT', 'noDeviceForDays')
    const { userId } = this.options.accounts.client(account)
    await target.moveDays({ userId, to })
    // One that is open has passed some days already.
    this.forget(target.id, userId, to)
    return this.enter(target, account, { deviceId: to, from: null, rules: {} }).state
  }

  private parse(form: unknown): ImportForm & { target: ImportTarget } {
    const parsed = parseImportForm(form)
    const target = this.targets.get(parsed.node)
    if (target === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysNode')
    return { ...parsed, target, account: this.options.accounts.idOf(parsed.account) }
  }

  /**
   * Starts the whole history of a device for whoever is linked as `userId`; false when nobody is, or while an import of
   * all devices is open: Gladys dropped what that has sent so far of this one.
   */
  beginFor(target: ImportTarget, userId: string, deviceId: string): boolean {
    const account = this.options.accounts.ofUser(userId)
    if (account === undefined) return false
    const asked = { deviceId, from: null, except: [] }
    if (this.openOf(target, account).some(({ record }) => record.deviceId === null && covers(record, asked)))
      return false
    this.enter(target, account, { deviceId, from: null, rules: {} })
    return true
  }

  private enter(
    target: ImportTarget,
    account: string,
    { deviceId, from, rules }: Pick<ImportRecord, 'deviceId' | 'from' | 'rules'>
  ): { state: ImportState; fresh: boolean } {
    const asked = { deviceId, from, except: [] }
    const open = this.openOf(target, account)
    const same = open.find(({ record }) => record.deviceId === deviceId || covers(record, asked))
    if (same !== undefined) return { state: stateOf(same), fresh: false }
    for (const [id, { target: its, record }] of this.entries)
      if (its === target && record.account === account && record.deviceId === deviceId)
        this.entries.delete(id)
    const { userId } = this.options.accounts.client(account)
    const id = randomBytes(8).toString('hex')
    const { except, pageBegun } = takeOver(open, asked)
    const ids = { id, node: target.id, account, userId }
    const record = newRecord({ ...ids, deviceId, from, rules, except }, this.options.clock.now())
    return { state: stateOf(this.open({ ...record, pageBegun }, target)), fresh: true }
  }

  private openOf(target: ImportTarget, account: string): Entry[] {
    return [...this.entries.values()].filter(
      ({ target: its, run, record }) =>
        its === target && record.account === account && isOpen(run.state.state)
    )
  }

  /** Cancels and forgets the imports of this device. */
  forget(node: string, userId: string, deviceId: string): void {
    for (const [id, { target, run }] of this.entries) {
      if (target.id !== node || run.state.userId !== userId || run.state.deviceId !== deviceId) continue
      run.cancel()
      this.entries.delete(id)
    }
  }

  /** Throws BAD_INPUT when there is no such import. */
  control(id: string, action: 'pause' | 'resume' | 'cancel'): ImportState {
    const entry = this.entries.get(id)
    if (entry === undefined) throw new CodedError('BAD_INPUT', 'noImport')
    entry.run[action]()
    return stateOf(entry)
  }

  private open(record: ImportRecord, target: ImportTarget): Entry {
    const { accounts, clock, publish } = this.options
    const run = new HistoryImport(record, {
      ...target,
      clock,
      context: options => accounts.client(record.account).client.context(options),
      options: () => optionsOf(accounts.decisions(target.id, record.account), record.rules),
      introduce: async items => {
        record.lacking = { ...record.lacking, ...(await target.introduce(items)) }
      },
      send: async states => {
        await target.send(states)
        // What is sent once more at the end was counted.
        if (run.state.comparison === null)
          record.dropped += states.filter(({ feature }) => Object.hasOwn(record.lacking, feature)).length
      },
      changed: () => this.changed(entry)
    })
    const entry: Entry = {
      target,
      run,
      record,
      publish: new Throttle(PUBLISH_EVERY, clock, () => publish(stateOf(entry))),
      stopListening: accounts.onChange(record.account, () => run.retry())
    }
    this.entries.set(record.id, entry)
    this.forgetOldest()
    if (target.missing !== undefined) run.brokerIs('away')
    run.start()
    this.changed(entry)
    return entry
  }

  private changed(entry: Entry): void {
    if (!isOpen(entry.run.state.state)) entry.stopListening()
    entry.publish.call()
    entry.target.show(stateOf(entry))
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
function stateOf({ target, run, record }: Entry): ImportState {
  const { state } = run
  const waits = state.error?.code === 'BROKER_UNREACHABLE' && target.missing === 'gladys'
  const { except, lacking, dropped } = record
  // What was added to Gladys meanwhile was sent once more.
  const isComplete = state.comparison?.state === 'done' && state.comparison.found >= state.comparison.expected
  const missing = isComplete ? [] : [...new Set(Object.values(lacking))]
  return {
    ...state,
    ...(waits && { error: failureOf(new CodedError('GLADYS_REFUSED', 'importWaitsForGladys')) }),
    ...{ node: target.id, except, missing, dropped: isComplete ? 0 : dropped }
  }
}
