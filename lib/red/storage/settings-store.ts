import type { NodeAPI } from 'node-red'
import { HOUR_MS } from '../../base/clock'
import { CodedError, messageOf } from '../../base/errors'
import { asObject } from '../../base/json'

/** Tables with rows that are not on disk yet. */
const postponed = new Set<{ write(): Promise<void> }>()
let timer: NodeJS.Timeout | undefined

/** Writes what could wait. What cannot be written now waits on. */
export async function writePostponed(): Promise<void> {
  for (const table of postponed) await table.write().catch(() => undefined)
}

/** A timer knows nothing of the clock of the machine, and must not keep the process alive. */
function writeWithinAnHour(): void {
  timer ??= setTimeout(() => {
    timer = undefined
    void writePostponed()
  }, HOUR_MS).unref()
}

/** What is made at its first use and outlives deploys: the nodes are made anew with each of them. */
export function oncePerProcess<T>(make: (RED: NodeAPI) => T): (RED: NodeAPI) => T {
  let made: T | undefined
  return RED => (made ??= make(RED))
}

/**
 * Small records under one key of RED.settings: the one store that Node-RED writes at once and that survives
 * deploys, Restart Flows and SIGKILL. Where it cannot be written, records live as long as the process.
 *
 * Node-RED writes all its settings each time, logins included. So a row in which only its progress changed waits
 * for the next write of the table, for the end of the flows, or for an hour.
 */
export class SettingsStore<T> {
  private rows: Map<string, T> | undefined
  /** News that is not on disk, because it could not be written. */
  private isBehind = false

  /** `isNews`: whether a row must be on disk before anything goes on; what is none may be lost with the process. */
  constructor(
    private readonly RED: NodeAPI,
    private readonly key: string,
    private readonly parse: (value: unknown) => T | undefined,
    private readonly isNews: (before: T | undefined, after: T) => boolean = () => true
  ) {}

  /** Whether RED.settings outlives the process: `readOnly` resolves without writing, a bare storage throws. */
  get durable(): boolean {
    const settings = settingsOf(this.RED)
    return settings.available?.() === true && settings.readOnly !== true
  }

  get(id: string): T | undefined {
    return this.loaded().get(id)
  }

  ids(): string[] {
    return [...this.loaded().keys()]
  }

  /** Resolves when Node-RED has written the news in it; rejects with NOT_CONFIGURED where it cannot. */
  async set(id: string, row: T): Promise<void> {
    const isNews = this.isBehind || this.isNews(this.get(id), row)
    this.loaded().set(id, row)
    if (isNews) return this.write()
    postponed.add(this)
    writeWithinAnHour()
  }

  async delete(id: string): Promise<void> {
    if (this.loaded().delete(id)) await this.write()
  }

  /** One row, for those who need not know the others. */
  row(id: string): { get(): T | undefined; set(row: T): Promise<void> } {
    return { get: () => this.get(id), set: row => this.set(id, row) }
  }

  private loaded(): Map<string, T> {
    if (this.rows) return this.rows
    const rows = new Map<string, T>()
    const stored = readSetting(this.RED, this.key)
    for (const [id, value] of Object.entries(asObject(stored) ?? {})) {
      const row = this.parse(value)
      if (row !== undefined) rows.set(id, row)
    }
    this.rows = rows
    return rows
  }

  async write(): Promise<void> {
    postponed.delete(this)
    if (!this.durable) return
    try {
      await settingsOf(this.RED).set(this.key, Object.fromEntries(this.loaded()))
      this.isBehind = false
    } catch (error) {
      this.isBehind = true
      throw new CodedError('NOT_CONFIGURED', 'settingsNotSaved', { reason: messageOf(error) })
    }
  }
}

interface WritableSettings {
  available?(): boolean
  get?(key: string): unknown
  set(key: string, value: unknown): Promise<void>
  readonly readOnly?: boolean
}

function settingsOf(RED: NodeAPI): WritableSettings {
  return RED.settings
}

/** A setting, or undefined where Node-RED has no settings storage at all. */
export function readSetting(RED: NodeAPI, key: string): unknown {
  try {
    return settingsOf(RED).get?.(key)
  } catch {
    return undefined
  }
}
