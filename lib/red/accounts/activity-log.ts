import type { NodeAPI } from 'node-red'
import type { CodedError } from '../../base/errors'
import type { Device } from '../../withings/devices/devices'
import {
  explainsMore,
  parseSeenTypes,
  type SeenTypes,
  withDevices,
  withReadings
} from '../../withings/diagnostics/seen-types'
import type { Reading } from '../../withings/readings/reading'
import { SettingsStore } from '../storage/settings-store'

/** A failure as the diagnostics show it: neither values nor secrets. */
export interface ReportedError {
  at: string
  code: string
  details: CodedError['details']
}

const ERRORS_KEPT = 10

/** What is remembered of accounts besides their logins: what arrived, and what failed. */
export class ActivityLog {
  readonly seenTypes: SettingsStore<SeenTypes>
  private readonly errors = new Map<string, ReportedError[]>()
  private readonly failing = new Map<string, CodedError>()

  constructor(RED: NodeAPI) {
    this.seenTypes = new SettingsStore(RED, 'withingsArrivals', parseSeenTypes, explainsMore)
  }

  /** The newest failures, oldest first. */
  errorsOf(account: string): readonly ReportedError[] {
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
    const reported = { at: new Date().toISOString(), code: error.code, details: error.details }
    this.errors.set(account, [...this.errorsOf(account), reported].slice(-ERRORS_KEPT))
    this.failing.set(account, error)
  }

  recordReadings(account: string, readings: readonly Reading[]): void {
    this.keep(account, withReadings(this.seenTypes.get(account), readings))
  }

  recordDevices(account: string, devices: readonly Device[]): void {
    this.keep(account, withDevices(this.seenTypes.get(account), devices))
  }

  /** Only a help for people: what cannot be written down must not stop the data. */
  private keep(account: string, seen: SeenTypes | undefined): void {
    if (seen) this.seenTypes.set(account, seen).catch(() => undefined)
  }
}
