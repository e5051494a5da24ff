import type { NodeAPI } from 'node-red'
import { accountRegistry } from '../../lib/red/accounts/account-registry'
import { cursorStore, intradayCursorStore } from '../../lib/red/storage/cursors'

/** Node-RED's settings with a disk: what it was asked to write, which the test helper leaves out. */
export class WrittenSettings {
  /** The key of each write. */
  readonly writes: string[] = []
  readonly disk: Record<string, unknown> = {}
  private readonly restores: (() => void)[] = []

  constructor(RED: NodeAPI) {
    const { seenTypes } = accountRegistry(RED).activity
    const tables: unknown[] = [cursorStore(RED), intradayCursorStore(RED), seenTypes]
    // They are of the process, and so of the Node-RED of the flow that was first.
    const all = (tables as { RED: NodeAPI }[]).map(table => table.RED.settings)
    for (const settings of new Set(all)) this.watch(settings)
  }

  restore(): void {
    this.restores.splice(0).forEach(restore => restore())
  }

  private watch(settings: { available: unknown; set: unknown }): void {
    const { available, set } = settings
    this.restores.unshift(() => Object.assign(settings, { available, set }))
    settings.available = () => true
    settings.set = (key: string, value: unknown) => {
      this.writes.push(key)
      this.disk[key] = JSON.parse(JSON.stringify(value))
      return Promise.resolve()
    }
  }
}
