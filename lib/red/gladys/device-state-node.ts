import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red'
import { CodedError } from '../../base/errors'
import { asText } from '../../base/json'
import type { Text } from '../../base/translate'
import { itemsIn } from '../../gladys/model/input'
import type { Item, UnusableItem } from '../../gladys/model/items'
import type { SendReport, SendRequest } from '../../gladys/sender'
import { type GladysServer, missingOf, type ServerStatus, type ServerUser } from '../../gladys/server'
import { accountName } from '../accounts/account-node'
import { targetNodes } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import { DeviceStateImports } from './device-state-imports'
import { findServer, type UsableServer } from './server-node'

export interface DeviceStateConfig extends NodeDef {
  server: string
  create: unknown
  /** A reading younger than this runs Gladys's scenes. */
  liveMinutes: unknown
  /** Name shown in Gladys; empty: the name of the account linked to the reading's user. */
  person?: string
}

type Message = NodeMessageInFlow & { gladys?: SendReport }

const DEFAULT_LIVE_MINUTES = 15

/** The life of a gladys-device-state node: sends what comes in, shows where that stands, and takes imports. */
export class DeviceStateNode {
  private readonly node: Node & ServerUser
  private readonly server: GladysServer | undefined
  private readonly imports: DeviceStateImports | undefined
  /** One message after another, in the order in which they came. */
  private last = Promise.resolve()

  constructor(
    private readonly RED: NodeAPI,
    node: Node,
    private readonly config: DeviceStateConfig
  ) {
    this.server = findServer(RED, config.server)
    const showServer = (status: ServerStatus): void => {
      this.showServer(status)
      this.imports?.brokerIs(status)
    }
    // Node-RED looks for the flow of a server's user: it has to be the node itself.
    this.node = Object.assign(node, { showServer })
    const [create, serverId] = [asText(config.create) ?? 'discovery', asText(config.server) ?? '']
    targetNodes.add({ node, create, serverId })
    try {
      this.request()
      const server = usable(this.server)
      if (config.create === 'http' && server.http === undefined)
        throw new CodedError('NOT_CONFIGURED', 'noGladysLogin')
      server.addUser(this.node)
      showServer(server.status)
      const request = () => this.request()
      this.imports = new DeviceStateImports(RED, this.node, { server, request })
    } catch (error) {
      this.show('red', 'ring', t(RED, 'status.notConfigured', {}, 'not configured'))
      node.error(translateError(RED, error, 'NOT_CONFIGURED'))
    }
  }

  /** An input message: sends its readings, and passes it on with what became of them in `msg.gladys`. */
  take(message: Message, send: (message: Message) => void, done: (error?: Error) => void): void {
    // At once, whatever the broker still owes to earlier ones: only then is it safe on disk.
    const sent = this.send(message)
    sent.catch(() => undefined)
    this.last = this.last
      .then(async () => {
        const { report, unusable } = await sent
        this.showReport(report)
        this.warnOf(unusable)
        message.gladys = report
        send(message)
      })
      .then(
        () => done(),
        (error: unknown) => {
          const coded = translateError(this.RED, error, 'BAD_INPUT')
          this.show('red', 'ring', t(this.RED, 'status.error', { code: coded.code }, coded.code))
          done(coded)
        }
      )
      .catch((error: unknown) => this.node.error(error))
  }

  close(): void {
    this.imports?.stop()
    this.server?.removeUser(this.node)
  }

  private async send({ payload }: Message): Promise<{ report: SendReport; unusable: UnusableItem[] }> {
    const { server } = this
    const request = this.request()
    const unusable: UnusableItem[] = []
    const items = withUnusable(itemsIn(payload), item => unusable.push(item))
    const noted = request.create === 'discovery' ? items : (server?.seen.noting(items) ?? items)
    return { report: await usable(server).sender.send(noted, request), unusable }
  }

  /** How this node wants its items sent; NOT_CONFIGURED when it cannot. */
  private request(): SendRequest {
    const { create, liveMinutes, person } = this.config
    if (create !== 'discovery' && create !== 'http' && create !== 'none')
      throw new CodedError('NOT_CONFIGURED', 'wrongCreate')
    const minutes = Number(liveMinutes)
    const isUsable = Number.isFinite(minutes) && minutes >= 0 && String(liveMinutes).trim() !== ''
    return {
      create,
      liveMinutes: isUsable ? minutes : DEFAULT_LIVE_MINUTES,
      naming: {
        wording: (key, fallback) => t(this.RED, key, {}, fallback),
        personOf: userId => person?.trim() || accountName(userId)
      }
    }
  }

  private show(fill: NodeStatus['fill'], shape: NodeStatus['shape'], text: string): void {
    this.node.status({ fill, shape, text })
  }

  private showServer(status: ServerStatus): void {
    const { RED } = this
    const { broker, waiting } = status
    const count = { count: waiting }
    if (broker === 'connecting') this.show('yellow', 'ring', t(RED, 'status.connecting', {}, 'connecting'))
    else if (missingOf(status) === 'gladys')
      this.show('red', 'ring', t(RED, 'status.gladysAway', count, `Gladys away, ${waiting} waiting`))
    else if (broker === 'away')
      this.show('red', 'ring', t(RED, 'status.brokerAway', count, `away, ${waiting} waiting`))
    else if (waiting > 0)
      this.show('blue', 'dot', t(RED, 'status.sending', count, `sending, ${waiting} left`))
    else this.show('green', 'dot', t(RED, 'status.connected', {}, 'connected'))
  }

  private showReport({ queued, live, historical }: SendReport): void {
    const status = this.server?.status
    const isThere = status?.broker === 'connected' && status.gladys === 'there'
    if (status !== undefined && (queued > 0 || !isThere)) return this.showServer(status)
    const fallback = `${live} live, ${historical} historical`
    this.show('green', 'dot', t(this.RED, 'status.sent', { live, historical }, fallback))
  }

  private warnOf({ length: count, 0: first }: readonly UnusableItem[]): void {
    if (first === undefined) return
    const { place, problem } = first
    const detail: Text = { key: 'at', params: { place, problem } }
    this.node.warn(t(this.RED, 'gladys.unusable', { count, detail }))
  }
}

/** The items, as each comes; `found` is called with what is unusable among them. */
function* withUnusable(items: Iterable<Item>, found: (item: UnusableItem) => void): Iterable<Item> {
  for (const item of items) {
    if (item.kind === 'unusable') found(item)
    yield item
  }
}

function usable(server: GladysServer | undefined): UsableServer {
  if (server === undefined) throw new CodedError('NOT_CONFIGURED', 'noServer')
  if (server.sender === undefined) throw new CodedError('NOT_CONFIGURED', 'noBroker')
  return server as UsableServer
}
