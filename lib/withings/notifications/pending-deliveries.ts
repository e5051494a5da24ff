import type { JsonObject } from '../../base/json'
import { type BedEvent, bedKey } from './bed-events'

/** While a node is restarted. */
const MOST = 2_000
/** Beds that were never reported before; a home has few. */
const MOST_UNKNOWN = 50

export interface PendingDelivery {
  form: JsonObject
  /** Above the rate limit: a bed event, and whether its bed was reported before. */
  bed?: { event: BedEvent; isKnown: boolean }
  /** It is being sent, but the result is not saved yet. */
  isTaken?: true
}

/**
 * What was answered and cannot be sent yet: deliveries that come while the node is restarted, and of a flood of bed
 * events the newest of each bed, so that no bed ends in the wrong state. Written to disk before it is answered, for
 * Withings does not send it again.
 */
export class PendingDeliveries {
  private all: PendingDelivery[]

  constructor(
    private file: { read(): JsonObject[] | undefined; write(content: JsonObject[]): void } | undefined
  ) {
    this.all = (file?.read() ?? []).map(form => ({ form }))
  }

  /** False when too many are pending already. */
  add(...forms: readonly JsonObject[]): boolean {
    if (this.all.length >= MOST) return false
    if (forms.length > 0) this.replace([...this.all, ...forms.map(form => ({ form }))])
    return true
  }

  /** Replaces an older event of the same bed. */
  addBed(form: JsonObject, event: BedEvent, isKnown: boolean): void {
    const before = this.all.find(({ bed }) => bed && bedKey(bed.event) === bedKey(event))
    if (before?.bed && before.bed.event.at > event.at) return
    const unknown = this.all.filter(({ bed }) => bed?.isKnown === false).length
    if (!before && !isKnown && unknown >= MOST_UNKNOWN) return
    this.replace([...this.all.filter(each => each !== before), { form, bed: { event, isKnown } }])
  }

  /** All that were not taken before: first those of a flood, oldest first. They stay on disk until dropped. */
  take(): PendingDelivery[] {
    const taken = this.all.filter(({ isTaken }) => !isTaken)
    for (const each of taken) each.isTaken = true
    const at = ({ bed }: PendingDelivery): number => bed?.event.at ?? Number.MAX_SAFE_INTEGER
    return taken.sort((one, other) => at(one) - at(other))
  }

  /** After the result of sending them is saved. */
  drop(taken: readonly PendingDelivery[]): void {
    this.replace(this.all.filter(each => !taken.includes(each)))
  }

  /** From now on nothing is written. */
  close(): void {
    this.file = undefined
  }

  private replace(all: PendingDelivery[]): void {
    this.all = all
    this.file?.write(all.map(({ form }) => form))
  }
}
