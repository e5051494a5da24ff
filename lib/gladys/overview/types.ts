import type { Decision, RuleChoice } from '../../withings/history/rules'
import type { ImportState } from '../import/state'

/** Answer of `GET withings/overview`: what the sidebar shows. Holds health values, so it is never logged or stored. */
export interface Overview {
  accounts: OverviewAccount[]
  /** The gladys-device-state nodes that run. */
  targets: OverviewTarget[]
  /** Id of the one of them that this is about; null when there is none. */
  target: string | null
  devices: OverviewDevice[]
  /** Days that still go to the manual entries of Gladys, and can be moved to a device of their own. */
  moves: OverviewMove[]
  imports: ImportState[]
  /** By which rules an import sends each part of a history to `target`. */
  rules: OverviewRules[]
}

export interface OverviewRules extends Pick<Decision, 'subject' | 'because'> {
  /** Id of the account node. */
  account: string
  /**
   * The first one counts unless `rules` of `POST withings/imports` names another one by its id. The name is that of
   * the node; empty for a dropped node's rules.
   */
  choices: (RuleChoice & { name: string })[]
}

export interface OverviewAccount {
  id: string
  name: string
  status: 'ready' | 'login-needed' | 'volatile' | 'none'
  /** The Withings user; null: nobody is linked. */
  userId: string | null
  /** What the last run, or else the request for the devices, failed with. */
  error: { code: string; message: string } | null
  /** Id of the account node that has the same Withings user and stays, where this one is one too many; else null. */
  spareOf: string | null
}

export interface OverviewTarget {
  id: string
  name: string
  create: string
  /** `unset`: its Gladys server is missing or has no usable address. */
  broker: 'connecting' | 'connected' | 'away' | 'unset'
  /** `away`: values wait for Gladys itself. */
  gladys: 'there' | 'away'
  /** States that wait for the broker or for Gladys. */
  waiting: number
}

export interface OverviewMove {
  /** Id of the account node. */
  account: string
  /** Id of the device in Gladys. */
  to: string
  /** Name of the device. */
  name: string
}

export interface OverviewReading {
  type: string
  position: string | null
  unit: string | null
  /** ISO 8601. */
  date: string
  value: number
}

export interface OverviewDevice {
  /** Id of the account node; null: that account is gone or unlinked. */
  account: string | null
  /** Name of the account. */
  person: string
  /** The Withings user. */
  userId: string
  /** Its name in Gladys, where no account says whose it is. */
  name: string | null
  /** null: typed in by hand. */
  deviceId: string | null
  model: string | null
  /** Whether Withings lists it; null: it is nothing that Withings would list, or that is not known. */
  listed: boolean | null
  /** Percent; null when unknown. */
  battery: number | null
  /** Somebody connected it to Gladys, or Gladys made it. */
  connected: boolean
  last: OverviewReading | null
  /** The newest values of the same kind as `last`, oldest first. */
  recent: { date: string; value: number }[]
}
