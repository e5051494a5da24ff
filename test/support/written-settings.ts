import type { NodeAPI } from 'node-red'

/** Node-RED's settings with a disk: what it was asked to write, which the test helper leaves out. */
export class WrittenSettings {
  /** The key of each write. */
  readonly writes: string[] = []
  readonly disk: Record<string, unknown> = {}
  private readonly settings: { available: unknown; set: unknown }
  private readonly own: { available: unknown; set: unknown }

  constructor(RED: NodeAPI) {
    this.settings = RED.settings
    this.own = { available: this.settings.available, set: this.settings.set }
    this.settings.available = () => true
    this.settings.set = (key: string, value: unknown) => {
      this.writes.push(key)
      this.disk[key] = JSON.parse(JSON.stringify(value))
      return Promise.resolve()
    }
  }

  restore(): void {
    Object.assign(this.settings, this.own)
  }
}
