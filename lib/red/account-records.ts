import type { NodeAPI } from 'node-red'
import type { CodedError } from '../errors'
import { explainsMore, parseArrivals, withDevices, withReadings, type Arrivals } from '../withings/arrivals'
import type { Device } from '../withings/device'
import type { Reading } from '../withings/reading'
import { SettingsTable } from './settings-table'

/** A failure as the diagnostics tell it: neither values nor secrets. */
export interface ToldError {
  at: string
  code: string
  details: CodedError['details']
}

const ARRIVALS = 'withingsArrivals'
const ERRORS_KEPT = 10

/** What is remembered of an account besides its login: what arrived, and what failed. */
export class AccountRecords {
  readonly arrivals: SettingsTable<Arrivals>
  private readonly errors = new Map<string, ToldError[]>()
  private readonly failing = new Map<string, CodedError>()

  constructor(RED: NodeAPI) {
    this.arrivals = new SettingsTable(RED, ARRIVALS, parseArrivals, explainsMore)
  }

  arrivalsOf(account: string): Arrivals | undefined {
    return this.arrivals.get(account)
  }

  /** The newest failures, oldest first. */
  errorsOf(account: string): readonly ToldError[] {
    return this.errors.get(account) ?? []
  }

  /** What the last run failed with; undefined when it went well. */
  currentError(account: string): CodedError | undefined {
    return this.failing.get(account)
  }

  /** A run went well, or what failed belongs to a login that is gone. */
  forgetFailure(account: string): void {
    this.failing.delete(account)
  }

  failed(account: string, error: CodedError): void {
    const told = { at: new Date().toISOString(), code: error.code, details: error.details }
    this.errors.set(account, [...this.errorsOf(account), told].slice(-ERRORS_KEPT))
    this.failing.set(account, error)
  }

  sawReadings(account: string, readings: readonly Reading[]): void {
    this.keep(account, withReadings(this.arrivals.get(account), readings))
  }

  sawDevices(account: string, devices: readonly Device[]): void {
    this.keep(account, withDevices(this.arrivals.get(account), devices))
  }

  /** Only a help for people: what cannot be written down must not stop the data. */
  private keep(account: string, arrivals: Arrivals | undefined): void {
    if (arrivals) this.arrivals.set(account, arrivals).catch(() => undefined)
  }
}
