import type { Clock } from '../base/clock'
import { groupsOf, portionsOf } from '../base/slices'
import { credible, lastCredible, type SentLedger } from './ledger/sent-ledger'
import { type Skipped, skippedState, type State, type StateKind } from './model/states'
import { WaitingIndex } from './outbox/pending-states'

/** Leaves out what was sent or queued before, and texts that are not the newest. */
export class SentFilter {
  /** Queued but not acknowledged yet; the ledger only knows acknowledged states. */
  private readonly queued = new WaitingIndex()
  /** Date of the newest text of each feature that was queued. */
  private readonly newestText = new Map<string, number>()

  constructor(
    private readonly ledger: SentLedger,
    private readonly clock: Pick<Clock, 'now'>
  ) {}

  /** Those that still have to be sent; notes the others in `skipped`. */
  async unsent(states: readonly State[], skipped: Skipped[]): Promise<State[]> {
    return this.withoutOldTexts(await this.withoutKnown(states, skipped), skipped)
  }

  /** Reads what deciding between live and historical needs to know of these states. */
  async prepareNewest(states: readonly State[]): Promise<void> {
    for (const feature of new Set(states.map(state => state.feature)))
      await this.ledger.prepareNewest(feature)
  }

  /** Whether this value was queued last for its feature and date or, with none queued, sent last. */
  isKnown(state: State, queued = this.queued.get(state)): boolean {
    return queued === undefined ? this.ledger.has(state) : queued === state.value
  }

  /** Whether this value was acknowledged last for its feature and date, and none is queued. */
  isLastSent(state: State): boolean {
    return this.queued.get(state) === undefined && this.ledger.has(state)
  }

  addQueued(state: State): void {
    this.queued.set(state)
    const until = lastCredible(this.clock.now())
    if (typeof state.value === 'string' && state.date <= until) this.newestText.set(state.feature, state.date)
  }

  addAcknowledged(state: State, kind: StateKind): void {
    this.ledger.record(state, kind)
    this.queued.delete(state)
  }

  /** One feature and year after the other, as the ledger's files are, whatever their order. */
  private async withoutKnown(states: readonly State[], skipped: Skipped[]): Promise<State[]> {
    const before = new WaitingIndex()
    const reasons = new Map<State, 'already_sent' | 'already_queued'>()
    for (const together of groupsOf(states, this.ledger.fileOf)) {
      await this.ledger.prepare(together[0] as State)
      for await (const portion of portionsOf(together))
        for (const state of portion) {
          const queued = before.get(state) ?? this.queued.get(state)
          before.set(state)
          if (this.isKnown(state, queued))
            reasons.set(state, queued === undefined ? 'already_sent' : 'already_queued')
        }
      await this.prepareNewest(together.filter(state => !reasons.has(state)))
    }
    return states.filter(state => {
      const reason = reasons.get(state)
      if (reason !== undefined) skipped.push(skippedState(reason, state))
      return reason === undefined
    })
  }

  /**
   * Of the texts of a feature only the newest, and only if it is newer than what was sent: Gladys would date an older
   * one "now" and show it instead (gladys.md, "MQTT topics"). One dated in the future is used only if there is no other.
   */
  private withoutOldTexts(states: readonly State[], skipped: Skipped[]): State[] {
    const until = lastCredible(this.clock.now())
    const newest = new Map<string, number>()
    for (const { feature, date, value } of states)
      if (typeof value === 'string' && (date <= until || !newest.has(feature))) newest.set(feature, date)
    return states.filter(state => {
      const { feature, date } = state
      const last = newest.get(feature)
      if (last === undefined) return true
      const sent = credible(this.newestText.get(feature), until) ?? this.ledger.newest(feature) ?? -Infinity
      if (date === last && date >= sent) return true
      skipped.push(skippedState('older_text', state))
      return false
    })
  }
}
