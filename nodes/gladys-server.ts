import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Node, NodeAPI } from 'node-red'
import { splitAddress } from '../lib/address'
import { CodedError } from '../lib/errors'
import { AnnouncementStore } from '../lib/gladys/announcement-store'
import { BrokerLink, brokerUrl, connectWithMqttJs, type BrokerLinkOptions } from '../lib/gladys/broker-link'
import { systemClock } from '../lib/clock'
import { Announcer } from '../lib/gladys/discovery'
import { FeatureUnits } from '../lib/gladys/feature-units'
import { QueuedOutbox } from '../lib/gladys/queued-outbox'
import { SeenDevices } from '../lib/gladys/seen-devices'
import { Sender } from '../lib/gladys/sender'
import { SentLedger } from '../lib/gladys/sent-ledger'
import type { GladysHttp, GladysServer, ServerStatus, ServerUser } from '../lib/gladys/server'
import { gladysHttp } from '../lib/red/gladys-http'
import { text, translated } from '../lib/red/texts'
import type { GladysServerConfig, GladysServerCredentials } from './gladys-server.types'

type ServerNode = Node<GladysServerCredentials> &
  GladysServer & {
    /**
     * Where Node-RED looks for the Catch nodes that hear this node's errors (node-red.md §4.2): one of each tab, or
     * a Catch would hear the same error once for each.
     */
    users: Record<string, ServerUser>
  }

type TlsNode = Node & { addTLSOptions?(options: object): object }

const DEFAULT_RATE = 100

export = (RED: NodeAPI): void => {
  function GladysServerNode(this: ServerNode, config: GladysServerConfig): void {
    RED.nodes.createNode(this, config)
    this.users = {}
    const users = new Map<string, ServerUser>()
    let status: ServerStatus['broker'] = 'connecting'
    const showAll = (): void => users.forEach(user => user.showServer(this.serverStatus))
    const chooseUsers = (): void => {
      const ofTabs = new Map([...users.values()].map(user => [user.z, user]))
      this.users = Object.fromEntries([...ofTabs.values()].map(user => [user.id, user]))
    }

    const sayVolatileOnce = once((detail: string) =>
      this.warn(
        text(
          RED,
          'gladys.volatile',
          { detail },
          `What waits or was sent is forgotten at a restart: ${detail}`
        )
      )
    )
    const sayLost = (count: number): void =>
      this.warn(
        text(RED, 'gladys.lost', { count }, `Waiting states that could not be kept and are lost: ${count}.`)
      )
    const directory = directoryOf(this)
    const linkOptions = usable(this, () => linkOptionsOf(this, config))
    const link = linkOptions && new BrokerLink({ ...linkOptions, onConnected, onAway })
    const closing = new AbortController()
    const http = usable(this, (): GladysHttp | undefined => {
      const { email, password } = this.credentials
      const options = { directory, onVolatile: sayVolatileOnce, onLost: sayLost, signal: closing.signal }
      return gladysHttp(RED, this, { httpUrl: config.httpUrl, email, password }, options)
    })
    const sender = link && makeSender(link)
    const seen = new SeenDevices(directory && join(directory, 'devices.json'), sayVolatileOnce)
    Object.assign(this, { sender, http, seen, directory, addUser, removeUser })
    Object.defineProperty(this, 'serverStatus', {
      get: (): ServerStatus => ({ broker: status, waiting: sender?.outbox.size ?? 0 })
    })

    function makeSender(publisher: BrokerLink): Sender {
      const onVolatile = sayVolatileOnce
      return new Sender({
        ledger: new SentLedger({ directory, onVolatile, clock: systemClock }),
        announcer: new Announcer(
          new AnnouncementStore(directory && join(directory, 'announced.json'), onVolatile)
        ),
        creator: http?.creator,
        pending: http?.pending,
        units: new FeatureUnits(directory && join(directory, 'units.json'), onVolatile),
        clock: systemClock,
        outbox: hooks =>
          new QueuedOutbox({
            ...hooks,
            directory: directory && join(directory, 'outbox'),
            onVolatile,
            onLost: sayLost,
            publish: publication => publisher.publish(publication),
            drained: showBacklogGone,
            rate: rateOf(config.rate),
            clock: systemClock
          })
      })
    }

    let backlog = false

    function showBacklogGone(): void {
      if (backlog) showAll()
      backlog = false
    }

    function onConnected(): void {
      status = 'connected'
      sender?.brokerConnected()
      backlog = (sender?.outbox.size ?? 0) > 0
      showAll()
    }

    const raise = (reason: string): void =>
      this.error(translated(RED, new CodedError('BROKER_UNREACHABLE', reason), 'BROKER_UNREACHABLE'), {})

    function onAway(reason: string): void {
      status = 'away'
      sender?.outbox.brokerAway()
      showAll()
      raise(reason)
    }

    function addUser(user: ServerUser): void {
      users.set(user.id, user)
      chooseUsers()
      link?.start()
    }

    function removeUser(user: ServerUser): void {
      users.delete(user.id)
      chooseUsers()
    }

    // What waited when Node-RED stopped goes out without waiting for a message.
    if (sender !== undefined && sender.outbox.size > 0) link?.start()

    this.on('close', (done: () => void) => {
      closing.abort()
      const finish = (): void => {
        const lost = sender?.close() ?? 0
        if (lost > 0) sayLost(lost)
        done()
      }
      if (link === undefined) return done()
      link.close().then(finish, finish)
    })
  }

  /** undefined, and said so, when the address is no use. */
  function usable<Made>(node: ServerNode, make: () => Made): Made | undefined {
    try {
      return make()
    } catch (error) {
      node.error(translated(RED, error, 'NOT_CONFIGURED'))
      return undefined
    }
  }

  function linkOptionsOf(
    node: ServerNode,
    config: GladysServerConfig
  ): Omit<BrokerLinkOptions, 'onConnected' | 'onAway'> {
    // A login in the address has precedence, as it has for MQTT.js, which is not shown it: its errors might.
    const { address, ...login } = splitAddress(brokerUrl(config.mqttUrl, Boolean(config.tls)))
    const username = login.username ?? node.credentials.mqttUsername?.trim()
    const password = login.password ?? node.credentials.mqttPassword
    const tlsNode: TlsNode | null = config.tls ? RED.nodes.getNode(config.tls) : null
    return {
      url: address,
      clientId: clientIdOf(node.id),
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(tlsNode?.addTLSOptions ? { tls: tlsNode.addTLSOptions({}) } : {}),
      connect: connectWithMqttJs,
      clock: systemClock
    }
  }

  /** Where this server's memory lies; undefined where Node-RED has no directory. */
  function directoryOf(node: Node): string | undefined {
    const { userDir } = RED.settings as { userDir?: unknown }
    if (typeof userDir !== 'string' || userDir === '') return undefined
    // Not `_alias`: each instance of a subflow has a server, and so an outbox, of its own.
    const id = node.id.replace(/[^A-Za-z0-9_-]/g, '_')
    return join(userDir, 'withings-gladys', id)
  }

  RED.nodes.registerType<ServerNode, GladysServerConfig, object, GladysServerCredentials>(
    'gladys-server',
    GladysServerNode,
    {
      credentials: {
        mqttUsername: { type: 'text' },
        mqttPassword: { type: 'password' },
        email: { type: 'text' },
        password: { type: 'password' }
      }
    }
  )
}

/** One id for each node and machine: two Node-REDs with the same flow would else throw each other out. */
function clientIdOf(nodeId: string): string {
  const hash = createHash('sha256').update(`${nodeId} ${hostname()}`).digest('hex')
  return `withings-${hash.slice(0, 12)}`
}

function rateOf(rate: unknown): number {
  const number = Number(rate)
  return Number.isFinite(number) && number > 0 ? number : DEFAULT_RATE
}

function once<Argument>(run: (argument: Argument) => void): (argument: Argument) => void {
  let done = false
  return argument => {
    if (done) return
    done = true
    run(argument)
  }
}
