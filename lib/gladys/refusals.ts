/** Tells that a disk refuses: once, and again when that recurs after it took something. */
export class Refusals {
  private refused = false

  constructor(private readonly onVolatile: (reason: string) => void) {}

  /** Runs what writes; never throws. */
  watch(write: () => void): void {
    try {
      write()
      this.refused = false
    } catch (error) {
      if (!this.refused) this.onVolatile(error instanceof Error ? error.message : String(error))
      this.refused = true
    }
  }
}
