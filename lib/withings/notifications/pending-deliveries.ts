import type { JsonObject } from '../../base/json'
import { type BedEvent, bedKey } from './bed-events'

/** So many may wait while a node is being restarted. */
const MOST = 2_000
/** Beds that nobody knows of yet; a home has few. */
const MOST_UNKNOWN = 50

export interface PendingDelivery {
  form: JsonObject
  /** What is over the rate limit: a bed event, and whether that bed has been heard of before. */
  bed?: { event: BedEvent; isKnown: boolean }
  /** It is being told, but what came of it is not noted yet. */
  isTaken?: true
}

/**
 * What was answered and cannot be told yet: deliveries that come while the node is being restarted, and of a flood of
 * bed events the newest of each bed, so that no bed ends in the wrong state. It is on disk before it is answered, for
 * Withings does not send it again.
 */
export class PendingDeliveries {
  private all: PendingDelivery[]

  constructor(
    private file: { read(): JsonObject[] | undefined; write(content: JsonObject[]): void } | undefined
  ) {
    this.all = (file?.read() ?? []).map(form => ({ form }))
  }

  /** False when too many wait already. */
  add(...forms: readonly JsonObject[]): boolean {
    if (this.all.length >= MOST) return false
    if (forms.length > 0) this.keep([...this.all, ...forms.map(form => ({ form }))])
    return true
  }

  /** Instead of an older event of the same bed. */
  addBed(form: JsonObject, event: BedEvent, isKnown: boolean): void {
    const key = bedKey(event)
    const before = this.all.find(({ bed }) => bed && bedKey(bed.event) === key)
    if (before?.bed && before.bed.event.at > event.at) return
    const unknown = this.all.filter(({ bed }) => bed?.isKnown === false).length
    if (!before && !isKnown && unknown >= MOST_UNKNOWN) return
    this.keep([...this.all.filter(each => each !== before), { form, bed: { event, isKnown } }])
  }

  /** All that were not taken before: first those of a flood, oldest first. They stay on disk. */
  take(): PendingDelivery[] {
    const taken = this.all.filter(({ isTaken }) => !isTaken)
    for (const each of taken) each.isTaken = true
    const at = ({ bed }: PendingDelivery): number => bed?.event.at ?? Number.MAX_SAFE_INTEGER
    return taken.sort((one, other) => at(one) - at(other))
  }

  /** They were told, and that is noted. */
  drop(taken: readonly PendingDelivery[]): void {
    const gone = new Set(taken)
    if (gone.size > 0) this.keep(this.all.filter(each => !gone.has(each)))
  }

  /** From now on nothing is written. */
  close(): void {
    this.file = undefined
  }

  private keep(all: PendingDelivery[]): void {
    this.all = all
    this.file?.write(all.map(({ form }) => form))
  }
}
