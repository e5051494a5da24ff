import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock'
import { JsonFile } from '../../base/json-file'
import { list } from '../../base/shape'
import { groupsOf, PORTION } from '../../base/slices'
import type { CreationResult, DeviceCreator } from '../http/device-creation'
import { type DeviceDraft, featuresOf, parseDraft } from '../http/device-draft'
import type { State } from '../model/states'
import { PersistentQueue, type QueueEntry, type QueueOptions } from './persistent-queue'

export interface PendingDeps {
  creator: Pick<DeviceCreator, 'create'>
  clock: Clock
  /** Runs it between two messages. */
  inTurn(run: () => Promise<void>): Promise<void>
  /** Sends those that were not sent before. Throws, with nothing taken, when they do not fit. */
  send(states: State[]): Promise<void>
}

/** Milliseconds between two tries, doubling. */
const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 900_000

/**
 * States whose feature Gladys could not create yet, on disk, with what it takes to create it
 * (docs/decisions/0011-held-back-states.md). Tried again less and less often, and at once when Gladys creates
 * something. Failures are not reported: the message of the states has already failed.
 */
export class PendingStates {
  private readonly queue: PersistentQueue
  private readonly file: JsonFile<DeviceDraft[]>
  /** The last value of each feature and date; earlier ones in the queue are dropped. */
  private readonly values = new WaitingIndex()
  /** What has to be created for them. */
  private drafts: DeviceDraft[]
  private pause = FIRST_PAUSE
  private cancel: (() => void) | undefined
  private closed = false

  /** `onLost` is also called for what is dropped when too much waits. */
  constructor(
    private readonly options: QueueOptions,
    private readonly deps: PendingDeps
  ) {
    const { directory, onVolatile } = options
    this.file = new JsonFile(directory && join(directory, 'drafts.json'), list(parseDraft), onVolatile)
    this.drafts = this.file.read() ?? []
    const creatable = new Set(this.drafts.flatMap(featuresOf))
    let orphans = 0
    this.queue = new PersistentQueue(options, outgoing => {
      const isCreatable = outgoing.kind === 'state' && creatable.has(outgoing.state.feature)
      if (isCreatable) this.values.set(outgoing.state)
      else orphans += 1
      return isCreatable
    })
    if (orphans > 0) options.onLost(orphans)
    this.schedule()
  }

  /**
   * Keeps states until their features, which `drafts` describe, exist. Fulfilled when they are as safe as it gets.
   * When there is no room, the oldest are dropped.
   */
  async add(states: readonly State[], drafts: readonly DeviceDraft[]): Promise<void> {
    this.saveDrafts(merged([...this.drafts, ...drafts]))
    const size = Math.min(PORTION, this.options.capacity ?? PORTION)
    const fresh = states.filter(state => this.values.get(state) !== state.value)
    for (let at = 0; at < fresh.length; at += size) {
      if (at > 0) await nextTurn()
      this.put(fresh.slice(at, at + size))
    }
    await this.queue.safe()
    this.schedule()
  }

  /** A newer value for the same date was sent, which must not be overwritten. */
  supersede(state: State): void {
    const value = this.values.get(state)
    if (value !== undefined) this.values.delete({ ...state, value })
  }

  /** Gladys has just created something. */
  gladysMakes(): void {
    if (this.queue.size === 0) return
    this.unschedule()
    void this.run()
  }

  /** Closes the files; returns how many states were only in memory, and are lost. */
  close(): number {
    this.closed = true
    this.unschedule()
    return this.queue.close()
  }

  private schedule(): void {
    if (this.closed || this.queue.size === 0) return
    this.cancel ??= this.deps.clock.after(this.pause, () => {
      this.cancel = undefined
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
      void this.run()
    })
  }

  private unschedule(): void {
    this.cancel?.()
    this.cancel = undefined
  }

  private async run(): Promise<void> {
    await this.deps.inTurn(() => this.retry()).catch(() => undefined)
    if (this.queue.size === 0) this.pause = FIRST_PAUSE
    this.schedule()
  }

  private async retry(): Promise<void> {
    if (this.closed) return
    const { features } = await this.deps.creator.create(this.drafts)
    const isMissing = (feature: string) => (features.get(feature) ?? 'missing') === 'missing'
    if (this.drafts.flatMap(featuresOf).every(isMissing)) return
    for (let left = this.queue.size; left > 0; left -= PORTION)
      await this.release(Math.min(left, PORTION), features)
    this.saveDrafts(
      this.drafts.flatMap(draft => {
        const missing = draft.features.filter(({ external_id }) => isMissing(external_id))
        return missing.length > 0 ? [{ ...draft, features: missing }] : []
      })
    )
  }

  /**
   * Sends those of the oldest whose feature exists, drops those whose feature was deleted, and puts the rest at the end.
   * When sending fails, all of them are put there.
   */
  private async release(count: number, features: CreationResult['features']): Promise<void> {
    const entries = this.taken(count)
    const states = entries.flatMap(stateOf).filter(state => this.values.get(state) === state.value)
    const groups = { there: [] as State[], deleted: [] as State[], missing: [] as State[] }
    for (const state of states) groups[features.get(state.feature) ?? 'missing'].push(state)
    let kept = states
    try {
      await this.deps.send(groups.there)
      kept = groups.missing
      for (const state of [...groups.there, ...groups.deleted]) this.values.delete(state)
    } finally {
      for (const entry of entries) this.queue.done(entry)
      this.put(kept)
    }
  }

  private put(states: readonly State[]): void {
    let dropped = 0
    while (this.queue.room < states.length)
      for (const oldest of this.taken(1)) {
        this.queue.done(oldest)
        stateOf(oldest).forEach(state => this.values.delete(state))
        dropped += 1
      }
    if (dropped > 0) this.options.onLost(dropped)
    this.queue.add(states.map(state => ({ kind: 'state', state })))
    for (const state of states) this.values.set(state)
  }

  private taken(count: number): QueueEntry[] {
    return Array.from({ length: count }, () => this.queue.next()).filter(entry => entry !== undefined)
  }

  private saveDrafts(drafts: DeviceDraft[]): void {
    this.drafts = drafts
    this.file.write(drafts)
  }
}

function stateOf({ outgoing }: QueueEntry): State[] {
  return outgoing.kind === 'state' ? [outgoing.state] : []
}

/** Each device once, as described last, with all its features. */
function merged(drafts: readonly DeviceDraft[]): DeviceDraft[] {
  return groupsOf(drafts, ({ externalId }) => externalId).map(group => {
    const features = group.flatMap(draft => draft.features)
    const once = new Map(features.map(feature => [feature.external_id, feature]))
    return { ...(group.at(-1) as DeviceDraft), features: [...once.values()] }
  })
}

/** The last waiting value of each feature and date; nothing more, since there may be a hundred thousand. */
export class WaitingIndex {
  private readonly features = new Map<string, Map<number, number | string>>()

  get({ feature, date }: State): number | string | undefined {
    return this.features.get(feature)?.get(date)
  }

  set({ feature, date, value }: State): void {
    const dates = this.features.get(feature) ?? new Map<number, number | string>()
    this.features.set(feature, dates.set(date, value))
  }

  /** Unless another value waits for the same date by now. */
  delete({ feature, date, value }: State): void {
    const dates = this.features.get(feature)
    if (dates?.get(date) !== value) return
    dates.delete(date)
    if (dates.size === 0) this.features.delete(feature)
  }
}
