import type { State } from './states'

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
