import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { asObject, asText } from '../withings/json'
import { Backlog, type BacklogOptions } from './backlog'
import type { Creation } from './creation'
import type { DeviceDraft } from './device-draft'
import { JsonFile } from './json-file'
import type { State } from './states'
import { WaitingIndex } from './waiting-index'

/** `directory`, `onVolatile` and `onLost` as for Backlog; what is dropped because too much waits is told as lost too. */
export type HeldStatesOptions = Pick<BacklogOptions, 'directory' | 'capacity' | 'onVolatile' | 'onLost'>

const CAPACITY = 100_000
/** What is done in one go; between two, other work of the process gets its turn. */
const PORTION = 300

/**
 * States that wait for a feature that Gladys could not make yet, on disk, with what it takes to make it
 * (docs/decisions/0011-held-back-states.md).
 */
export class HeldStates {
  private readonly backlog: Backlog
  private readonly file: JsonFile
  /** The value that counts for a feature and date: the one that came last. */
  private readonly values = new WaitingIndex()
  private missing: DeviceDraft[]

  constructor(private readonly options: HeldStatesOptions) {
    const { directory, onVolatile, onLost } = options
    this.file = new JsonFile(directory && join(directory, 'drafts.json'), onVolatile)
    this.missing = draftsIn(this.file.read())
    const makeable = new Set(this.missing.flatMap(featuresOf))
    let orphans = 0
    this.backlog = new Backlog({
      capacity: CAPACITY,
      ...options,
      found: state => {
        if (makeable.has(state.feature)) this.values.set(state)
        else orphans += 1
        return makeable.has(state.feature)
      }
    })
    if (orphans > 0) onLost(orphans)
  }

  /** How many wait. */
  get size(): number {
    return this.backlog.size
  }

  /** What has to be made for them. */
  get drafts(): readonly DeviceDraft[] {
    return this.missing
  }

  /**
   * Keeps states until `release`; `drafts` say how to make their features. Fulfilled when they are as safe as it gets.
   * When there is no room, the oldest go.
   */
  async hold(states: readonly State[], drafts: readonly DeviceDraft[]): Promise<void> {
    this.remember(merged(this.missing, drafts))
    const size = Math.min(PORTION, this.options.capacity ?? CAPACITY)
    for (let rest = states.filter(state => this.values.get(state) !== state.value); rest.length > 0;) {
      this.put(rest.slice(0, size))
      rest = rest.slice(size)
      if (rest.length > 0) await nextTurn()
    }
    await this.backlog.safe()
  }

  /** A newer value for the same date went out, so that one of before must not follow it. */
  supersede(state: State): void {
    const value = this.values.get(state)
    if (value !== undefined) this.values.delete({ ...state, value })
  }

  /**
   * Sends what has its feature now, forgets what has been deleted, and keeps the rest. Throws what `send` throws; then
   * nothing of what that got is forgotten.
   */
  async release(fates: Creation['fates'], send: (states: State[]) => Promise<void>): Promise<void> {
    const isMissing = (feature: string): boolean => (fates.get(feature) ?? 'missing') === 'missing'
    if (this.missing.flatMap(featuresOf).every(isMissing)) return
    for (let left = this.size; left > 0;) {
      const part = this.taken(Math.min(left, PORTION))
      left = part.length === 0 ? 0 : left - part.length
      const states = part.map(({ state }) => state).filter(state => this.values.get(state) === state.value)
      let kept = states
      try {
        await send(states.filter(({ feature }) => fates.get(feature) === 'there'))
        kept = states.filter(({ feature }) => isMissing(feature))
        for (const state of states) if (!isMissing(state.feature)) this.values.delete(state)
      } finally {
        for (const { done } of part) done()
        this.put(kept)
      }
    }
    this.remember(without(this.missing, feature => !isMissing(feature)))
  }

  /** Lets go of the disk; tells how many states were only in memory. */
  close(): number {
    return this.backlog.close()
  }

  private remember(drafts: DeviceDraft[]): void {
    this.missing = drafts
    this.file.write(drafts)
  }

  private put(states: readonly State[]): void {
    let dropped = 0
    while (this.backlog.room < states.length) {
      const [oldest] = this.taken(1)
      if (oldest === undefined) break
      oldest.done()
      this.values.delete(oldest.state)
      dropped += 1
    }
    if (dropped > 0) this.options.onLost(dropped)
    this.backlog.add(states.map(state => ({ kind: 'state', state })))
    for (const state of states) this.values.set(state)
  }

  private taken(count: number): { state: State; done: () => void }[] {
    const part: ReturnType<HeldStates['taken']> = []
    while (part.length < count) {
      const waiting = this.backlog.next()
      if (waiting === undefined) break
      const { outgoing } = waiting
      if (outgoing.kind === 'state')
        part.push({ state: outgoing.state, done: () => this.backlog.done(waiting) })
      else this.backlog.done(waiting)
    }
    return part
  }
}

function featuresOf({ features }: DeviceDraft): string[] {
  return features.map(({ external_id }) => external_id)
}

/** Each device once, as it was told last, with all features of both. */
function merged(known: readonly DeviceDraft[], more: readonly DeviceDraft[]): DeviceDraft[] {
  const drafts = new Map(known.map(draft => [draft.externalId, draft]))
  for (const draft of more) {
    const features = [...(drafts.get(draft.externalId)?.features ?? []), ...draft.features]
    const once = new Map(features.map(feature => [feature.external_id, feature]))
    drafts.set(draft.externalId, { ...draft, features: [...once.values()] })
  }
  return [...drafts.values()]
}

function without(drafts: readonly DeviceDraft[], gone: (feature: string) => boolean): DeviceDraft[] {
  return drafts
    .map(draft => ({ ...draft, features: draft.features.filter(({ external_id }) => !gone(external_id)) }))
    .filter(({ features }) => features.length > 0)
}

/** What was written down; anything else is left out. */
function draftsIn(content: unknown): DeviceDraft[] {
  return Array.isArray(content) ? content.filter(isDraft) : []
}

function isDraft(content: unknown): content is DeviceDraft {
  const { externalId, name, sharedName, features } = asObject(content) ?? {}
  return (
    [externalId, name, sharedName].every(text => asText(text) !== undefined) &&
    Array.isArray(features) &&
    features.every(feature => asText(asObject(feature)?.external_id) !== undefined)
  )
}
