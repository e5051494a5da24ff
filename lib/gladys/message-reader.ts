import type { Clock } from '../base/clock'
import { portionsOf } from '../base/slices'
import { credible, lastCredible } from './ledger/sent-ledger'
import type { FeatureUnits } from './model/feature-units'
import { isCreatable, isFirstOfFeature, isSendable, type Item } from './model/items'
import type { DaysUnderManual } from './model/manual-days'
import { type Skipped, type State, type StateOptions, statesOf } from './model/states'

/** What the items of one message become. */
export interface MessageContent {
  /** Oldest first. */
  states: State[]
  /** The first item of each feature, unit and model: to be announced or created. */
  firstItems: Item[]
  skipped: Skipped[]
}

/** Reads messages as Gladys knows their features: which days belong to no device, and which unit a feature has. */
export class MessageReader {
  private lastDate = 0

  constructor(
    private readonly days: Pick<DaysUnderManual, 'placing'>,
    private readonly units: Pick<FeatureUnits, 'convert'>,
    private readonly clock: Pick<Clock, 'now'>
  ) {}

  /** In portions, however long the message is. Rejects with what reading `items` throws. */
  async read(items: Iterable<Item>, how: Omit<StateOptions, 'now'>): Promise<MessageContent> {
    const { addressing } = how
    const place = this.days.placing(addressing)
    const placed = (item: Item): Item =>
      item.kind === 'reading' ? this.units.convert(place(item), addressing) : item
    const content: MessageContent = { states: [], firstItems: [], skipped: [] }
    const seen = new Set<string>()
    for await (const read of portionsOf(items)) {
      const portion = read.map(placed)
      const { states, skipped } = statesOf(portion, { ...how, now: () => this.uniqueNow() })
      content.states.push(...states)
      content.skipped.push(...skipped)
      const sendable = portion.filter(item => isSendable(item, addressing) || isCreatable(item))
      content.firstItems.push(...sendable.filter(item => isFirstOfFeature(item, seen)))
    }
    content.states.sort((a, b) => a.date - b.date)
    return content
  }

  /** Now, but never the same twice: a feature has one value per date. A clock that was set back is believed. */
  private uniqueNow(): number {
    const now = this.clock.now()
    const next = credible(this.lastDate + 1, lastCredible(now)) ?? now
    this.lastDate = Math.max(now, next)
    return this.lastDate
  }
}
