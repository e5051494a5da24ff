import type { SeenDevices } from './discovery/seen-devices'
import type { GladysApi } from './http/api'
import type { CreatedStore } from './http/created-store'
import type { DeviceCreator } from './http/device-creation'
import type { QueueOptions } from './outbox/persistent-queue'
import type { Sender } from './sender'

/** What a node shows while it uses a server: where the connection stands, whether Gladys is there and how much waits. */
export interface ServerStatus {
  broker: 'connecting' | 'connected' | 'away'
  /** `away`: it answered once, and does not any more. */
  gladys: 'there' | 'away'
  waiting: number
}

/** What values wait for, by themselves; undefined: for nothing. */
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

/** Gladys's HTTP API, who makes devices with it, and how states wait for these. */
export interface GladysHttp {
  api: GladysApi
  creator: DeviceCreator
  /** What Gladys was seen to have of ours. */
  created: Pick<CreatedStore, 'ids'>
  pending: QueueOptions
}

/** What a `gladys-server` node offers to the nodes that use it. */
export interface GladysServer {
  /** undefined: the server is not configured. */
  readonly sender: Sender | undefined
  /** undefined: without a login at Gladys. */
  readonly http: GladysHttp | undefined
  /** Devices of which something went out without discovery. */
  readonly seen: SeenDevices
  readonly serverStatus: ServerStatus
  /** Where it keeps what outlives the process; undefined where Node-RED has no directory. */
  readonly directory: string | undefined
  /** The first user makes it connect. */
  addUser(user: ServerUser): void
  removeUser(user: ServerUser): void
}
