import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red'
import { CodedError } from '../lib/base/errors'
import { asText } from '../lib/base/json'
import { itemsIn } from '../lib/gladys/model/input'
import { type Item, type UnusableItem } from '../lib/gladys/model/items'
import type { SendReport, SendRequest } from '../lib/gladys/sender'
import { type GladysServer, missingOf, type ServerStatus, type ServerUser } from '../lib/gladys/server'
import { accountName } from '../lib/red/accounts/account-node'
import { accountRegistry } from '../lib/red/accounts/account-registry'
import { targetNodes } from '../lib/red/flows/running-nodes'
import { t, translateError } from '../lib/red/i18n/texts'
import { importManager, registerImportRoutes } from '../lib/red/imports/import-manager'
import { NodeImports } from '../lib/red/imports/node-imports'

interface DeviceStateConfig extends NodeDef {
  server: string
  create: unknown
  /** A reading younger than this runs Gladys's scenes. */
  liveMinutes: unknown
  /** Name shown in Gladys; empty: the name of the account linked to the reading's user. */
  person?: string
}

type Message = NodeMessageInFlow & { gladys?: SendReport }

interface Accepted {
  report: SendReport
  unusable: readonly UnusableItem[]
}

type DeviceStateNode = Node & ServerUser
type ServerNode = Node & GladysServer

const DEFAULT_LIVE_MINUTES = 15

export = (RED: NodeAPI): void => {
  registerImportRoutes(RED, importManager(RED, accountRegistry(RED)))

  function GladysDeviceStateNode(this: DeviceStateNode, config: DeviceStateConfig): void {
    RED.nodes.createNode(this, config)
    targetNodes.add({
      node: this,
      create: asText(config.create) ?? 'discovery',
      serverId: asText(config.server) ?? ''
    })
    const server = serverOf(config)
    let imports: NodeImports | undefined
    this.showServer = status => {
      showServer(this, status)
      imports?.brokerIs(status)
    }

    /** One after another, in the order in which they came. */
    let last = Promise.resolve()
    this.on('input', (message, send, done) => {
      // At once, whatever the broker still owes to earlier ones: only then is it safe on disk.
      const sent = accept(message)
      sent.catch(() => undefined)
      last = last
        .then(async () => pass(message, await sent, send))
        .then(
          () => done(),
          (error: unknown) => done(failed(error))
        )
        .catch((error: unknown) => this.error(error))
    })

    const accept = async ({ payload }: Message): Promise<Accepted> => {
      const request = requestOf(config)
      const unusable: UnusableItem[] = []
      const items = withUnusable(itemsIn(payload), item => unusable.push(item))
      const noted = request.create === 'discovery' ? items : (server?.seen.noting(items) ?? items)
      return { report: await senderOf(server).send(noted, request), unusable }
    }

    const pass = (
      message: Message,
      { report, unusable }: Accepted,
      send: (message: Message) => void
    ): void => {
      showReport(this, report, server?.serverStatus)
      warnOf(this, unusable)
      message.gladys = report
      send(message)
    }

    const failed = (error: unknown): Error => {
      const coded = translateError(RED, error, 'BAD_INPUT')
      show(this, ['red', 'ring'], t(RED, 'status.error', { code: coded.code }, coded.code))
      return coded
    }

    try {
      requestOf(config)
      const sender = senderOf(server)
      if (config.create === 'http' && server?.http === undefined)
        throw new CodedError('NOT_CONFIGURED', 'noGladysLogin')
      server?.addUser(this)
      if (server !== null) {
        this.showServer(server.serverStatus)
        imports = new NodeImports(RED, this, { server, sender, request: () => requestOf(config) })
      }
    } catch (error) {
      show(this, ['red', 'ring'], t(RED, 'status.notConfigured', {}, 'not configured'))
      this.error(translateError(RED, error, 'NOT_CONFIGURED'))
    }
    this.on('close', () => {
      imports?.stop()
      server?.removeUser(this)
    })
  }

  function serverOf(config: DeviceStateConfig): ServerNode | null {
    const node = RED.nodes.getNode(config.server) as Partial<ServerNode> | null
    return typeof node?.addUser === 'function' ? (node as ServerNode) : null
  }

  /** How this node wants its items sent; NOT_CONFIGURED when it cannot. */
  function requestOf({ create, liveMinutes, person }: DeviceStateConfig): SendRequest {
    if (create !== 'discovery' && create !== 'http' && create !== 'none')
      throw new CodedError('NOT_CONFIGURED', 'wrongCreate')
    const minutes = Number(liveMinutes)
    const usable = Number.isFinite(minutes) && minutes >= 0 && String(liveMinutes).trim() !== ''
    return {
      create,
      liveMinutes: usable ? minutes : DEFAULT_LIVE_MINUTES,
      naming: {
        wording: (key, fallback) => t(RED, key, {}, fallback),
        personOf: userId => person?.trim() || accountName(userId)
      }
    }
  }

  function showServer(node: Node, status: ServerStatus): void {
    const { broker, waiting } = status
    const count = { count: waiting }
    if (broker === 'connecting') show(node, ['yellow', 'ring'], t(RED, 'status.connecting', {}, 'connecting'))
    else if (missingOf(status) === 'gladys')
      show(node, ['red', 'ring'], t(RED, 'status.gladysAway', count, `Gladys away, ${waiting} waiting`))
    else if (broker === 'away')
      show(node, ['red', 'ring'], t(RED, 'status.brokerAway', count, `away, ${waiting} waiting`))
    else if (waiting > 0)
      show(node, ['blue', 'dot'], t(RED, 'status.sending', count, `sending, ${waiting} left`))
    else show(node, ['green', 'dot'], t(RED, 'status.connected', {}, 'connected'))
  }

  function showReport(node: Node, report: SendReport, server: ServerStatus | undefined): void {
    const isThere = server?.broker === 'connected' && server.gladys === 'there'
    if (server !== undefined && (report.queued > 0 || !isThere)) return showServer(node, server)
    const { live, historical } = report
    const fallback = `${live} live, ${historical} historical`
    show(node, ['green', 'dot'], t(RED, 'status.sent', { live, historical }, fallback))
  }

  function warnOf(node: Node, { length: count, 0: first }: readonly UnusableItem[]): void {
    if (first === undefined) return
    const { place, problem } = first
    node.warn(t(RED, 'gladys.unusable', { count, detail: { key: 'at', params: { place, problem } } }))
  }

  RED.nodes.registerType('gladys-device-state', GladysDeviceStateNode)
}

/** The items, as each comes; `found` is told of what is unusable among them. */
function* withUnusable(items: Iterable<Item>, found: (item: UnusableItem) => void): Iterable<Item> {
  for (const item of items) {
    if (item.kind === 'unusable') found(item)
    yield item
  }
}

type Look = [NonNullable<NodeStatus['fill']>, NonNullable<NodeStatus['shape']>]

function show(node: Node, [fill, shape]: Look, text: string): void {
  node.status({ fill, shape, text })
}

function senderOf(server: GladysServer | null): NonNullable<GladysServer['sender']> {
  if (server === null) throw new CodedError('NOT_CONFIGURED', 'noServer')
  if (server.sender === undefined) throw new CodedError('NOT_CONFIGURED', 'noBroker')
  return server.sender
}
