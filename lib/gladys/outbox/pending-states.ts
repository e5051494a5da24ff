import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock'
import { JsonFile } from '../../base/json-file'
import { list } from '../../base/shape'
import { groupsOf, PORTION } from '../../base/slices'
import type { CreationResult, DeviceCreator } from '../http/device-creation'
import { type DeviceDraft, parseDraft } from '../http/device-draft'
import type { State } from '../model/states'
import { PersistentQueue, type QueueOptions, type Waiting } from './queue'

/** As for Backlog; what is dropped because too much waits is reported as lost too. */
export type PendingOptions = Pick<QueueOptions, 'directory' | 'capacity' | 'onVolatile' | 'onLost'>

export interface PendingDeps {
  creator: Pick<DeviceCreator, 'create'>
  clock: Clock
  /** Runs it between two messages. */
  inTurn(run: () => Promise<void>): Promise<void>
  /** Takes those that were not sent before for sending. Throws, with nothing taken, when they do not fit. */
  send(states: State[]): Promise<void>
}

const CAPACITY = 100_000
const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 900_000

/**
 * States that wait for a feature that Gladys could not make yet, on disk, with what it takes to make it
 * (docs/decisions/0011-held-back-states.md). As long as there are some, that is tried again: less and less often,
 * and at once when Gladys is seen to make something. Failures are not reported: the message that the states belong
 * to has ended with one.
 */
export class PendingStates {
  private readonly backlog: PersistentQueue
  private readonly file: JsonFile<DeviceDraft[]>
  /** The value that counts for a feature and date: the one that came last. */
  private readonly values = new WaitingIndex()
  /** What has to be made for them. */
  private drafts: DeviceDraft[]
  private readonly capacity: number
  private pause = FIRST_PAUSE
  private cancel: (() => void) | undefined
  private closed = false

  constructor(
    private readonly options: PendingOptions,
    private readonly deps: PendingDeps
  ) {
    const { directory, capacity = CAPACITY, onVolatile, onLost } = options
    this.capacity = capacity
    this.file = new JsonFile(directory && join(directory, 'drafts.json'), list(parseDraft), onVolatile)
    this.drafts = this.file.read() ?? []
    const makeable = new Set(this.drafts.flatMap(featuresOf))
    let orphans = 0
    const found = (state: State): boolean => {
      const isKnown = makeable.has(state.feature)
      if (isKnown) this.values.set(state)
      else orphans += 1
      return isKnown
    }
    this.backlog = new PersistentQueue({ ...options, capacity, found })
    if (orphans > 0) onLost(orphans)
    this.schedule()
  }

  /**
   * Keeps states until their features, which `drafts` describe, are there. Fulfilled when they are as safe as it
   * gets. When there is no room, the oldest go.
   */
  async add(states: readonly State[], drafts: readonly DeviceDraft[]): Promise<void> {
    this.remember(merged([...this.drafts, ...drafts]))
    const size = Math.min(PORTION, this.capacity)
    for (let rest = states.filter(state => this.values.get(state) !== state.value); rest.length > 0;) {
      this.put(rest.slice(0, size))
      rest = rest.slice(size)
      if (rest.length > 0) await nextTurn()
    }
    await this.backlog.safe()
    this.schedule()
  }

  /** A newer value for the same date went out, so that one of before must not follow it. */
  supersede(state: State): void {
    const value = this.values.get(state)
    if (value !== undefined) this.values.delete({ ...state, value })
  }

  /** Gladys has just made something. */
  gladysMakes(): void {
    if (this.backlog.size === 0) return
    this.unschedule()
    void this.run()
  }

  /** Closes the files; returns how many states were only in memory, and are lost. */
  close(): number {
    this.closed = true
    this.unschedule()
    return this.backlog.close()
  }

  private schedule(): void {
    if (this.closed || this.backlog.size === 0) return
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
    if (this.backlog.size === 0) this.pause = FIRST_PAUSE
    this.schedule()
  }

  /**
   * Sends what has its feature now, forgets what has been deleted, and puts the rest at the end. When sending fails,
   * nothing of what that got is forgotten.
   */
  private async retry(): Promise<void> {
    if (this.closed) return
    const { features } = await this.deps.creator.create(this.drafts)
    const isMissing = (feature: string): boolean => (features.get(feature) ?? 'missing') === 'missing'
    if (this.drafts.flatMap(featuresOf).every(isMissing)) return
    for (let left = this.backlog.size; left > 0; left -= PORTION)
      await this.release(Math.min(left, PORTION), features)
    this.remember(without(this.drafts, feature => !isMissing(feature)))
  }

  private async release(count: number, features: CreationResult['features']): Promise<void> {
    const part = [...this.taken(count)]
    const states = part.flatMap(stateOf).filter(state => this.values.get(state) === state.value)
    const withFate = (fate: string): State[] =>
      states.filter(({ feature }) => (features.get(feature) ?? 'missing') === fate)
    let kept = states
    try {
      await this.deps.send(withFate('there'))
      kept = withFate('missing')
      for (const state of [...withFate('there'), ...withFate('deleted')]) this.values.delete(state)
    } finally {
      for (const waiting of part) this.backlog.done(waiting)
      this.put(kept)
    }
  }

  private put(states: readonly State[]): void {
    let dropped = 0
    while (this.backlog.room < states.length)
      for (const oldest of this.taken(1)) {
        this.backlog.done(oldest)
        stateOf(oldest).forEach(state => this.values.delete(state))
        dropped += 1
      }
    if (dropped > 0) this.options.onLost(dropped)
    this.backlog.add(states.map(state => ({ kind: 'state', state })))
    for (const state of states) this.values.set(state)
  }

  private *taken(count: number): Generator<Waiting, void, undefined> {
    for (let taken = 0; taken < count; taken++) {
      const waiting = this.backlog.next()
      if (waiting === undefined) return
      yield waiting
    }
  }

  private remember(drafts: DeviceDraft[]): void {
    this.drafts = drafts
    this.file.write(drafts)
  }
}

function stateOf({ outgoing }: Waiting): State[] {
  return outgoing.kind === 'state' ? [outgoing.state] : []
}

function featuresOf({ features }: DeviceDraft): string[] {
  return features.map(({ external_id }) => external_id)
}

/** Each device once, as it was described last, with all its features. */
function merged(drafts: readonly DeviceDraft[]): DeviceDraft[] {
  return groupsOf(drafts, ({ externalId }) => externalId).map(group => {
    const features = group.flatMap(draft => draft.features)
    const once = new Map(features.map(feature => [feature.external_id, feature]))
    return { ...(group.at(-1) as DeviceDraft), features: [...once.values()] }
  })
}

function without(drafts: readonly DeviceDraft[], gone: (feature: string) => boolean): DeviceDraft[] {
  return drafts
    .map(draft => ({ ...draft, features: draft.features.filter(({ external_id }) => !gone(external_id)) }))
    .filter(({ features }) => features.length > 0)
}

/** The value that waits for each feature and date, and nothing more, since there may be a hundred thousand. */
export class WaitingIndex {
  private readonly features = new Map<string, Map<number, number | string>>()

  get({ feature, date }: State): number | string | undefined {
    return this.features.get(feature)?.get(date)
  }

  set({ feature, date, value }: State): void {
    const dates = this.features.get(feature) ?? new Map<number, number | string>()
    this.features.set(feature, dates.set(date, value))
  }

  /** Forgets it unless another value waits for the same date by now. */
  delete({ feature, date, value }: State): void {
    const dates = this.features.get(feature)
    if (dates?.get(date) !== value) return
    dates.delete(date)
    if (dates.size === 0) this.features.delete(feature)
  }
}
