import type { SeenDevices } from './discovery/seen-devices'
import type { GladysApi } from './http/api'
import type { CreatedStore } from './http/created-store'
import type { DeviceCreator } from './http/device-creation'
import type { QueueOptions } from './outbox/persistent-queue'
import type { Sender } from './sender'

/** What a node shows of its server. */
export interface ServerStatus {
  broker: 'connecting' | 'connected' | 'away'
  /** `away`: it has stopped answering. */
  gladys: 'there' | 'away'
  /** States in the outbox. */
  waiting: number
}

/** What values wait for; undefined: for nothing. */
export function missingOf({ broker, gladys }: ServerStatus): 'broker' | 'gladys' | undefined {
  if (broker === 'away') return 'broker'
  return gladys === 'away' ? 'gladys' : undefined
}

/** A node that sends through a server. */
export interface ServerUser {
  readonly id: string
  /** The tab or subflow instance it is on. */
  readonly z: string
  showServer(status: ServerStatus): void
}

export interface GladysHttp {
  api: GladysApi
  creator: DeviceCreator
  /** Our devices that Gladys had. */
  created: Pick<CreatedStore, 'ids'>
  /** How states wait for devices that cannot be created yet. */
  pending: QueueOptions
}

/** What a `gladys-server` node offers to the nodes that use it. */
export interface GladysServer {
  /** undefined: the server is not configured. */
  readonly sender: Sender | undefined
  /** undefined: without a login at Gladys. */
  readonly http: GladysHttp | undefined
  /** Devices that sent something without discovery. */
  readonly seen: SeenDevices
  readonly serverStatus: ServerStatus
  /** Where it keeps its files; undefined where Node-RED has no directory. */
  readonly directory: string | undefined
  /** The server connects with its first user. */
  addUser(user: ServerUser): void
  removeUser(user: ServerUser): void
}
