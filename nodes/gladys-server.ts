import type { Node, NodeAPI } from 'node-red'
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { splitAddress } from '../lib/base/address'
import { systemClock } from '../lib/base/clock'
import { type CodedError, withReason } from '../lib/base/errors'
import { JsonFile } from '../lib/base/json-file'
import type { Reason } from '../lib/base/translate'
import { AnnouncementStore, Announcer } from '../lib/gladys/discovery/announcer'
import { SeenDevices } from '../lib/gladys/discovery/seen-devices'
import { refused } from '../lib/gladys/http/client'
import { parsePresence, Presence } from '../lib/gladys/http/presence'
import { SentLedger } from '../lib/gladys/ledger/sent-ledger'
import { FeatureUnits } from '../lib/gladys/model/feature-units'
import { parseCounters } from '../lib/gladys/model/manual-days'
import {
  BrokerConnection,
  type BrokerConnectionOptions,
  brokerUrl,
  connectWithMqttJs
} from '../lib/gladys/mqtt/connection'
import { Outbox } from '../lib/gladys/outbox/outbox'
import { ReplayLog, type ReplayOptions } from '../lib/gladys/outbox/replay-log'
import { Sender } from '../lib/gladys/sender'
import type { GladysHttp, GladysServer, ServerStatus, ServerUser } from '../lib/gladys/server'
import { gladysHttp, gladysRootOf, pingOf } from '../lib/red/gladys/http-devices'
import { t, translateError } from '../lib/red/i18n/texts'
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

    const sayVolatileOnce = once((detail: string) => this.warn(t(RED, 'gladys.volatile', { detail })))
    const sayLost = (count: number): void => this.warn(t(RED, 'gladys.lost', { count }))
    const sayNever = (reason: Reason): void => this.warn(t(RED, 'gladys.neverAnswered', { reason }))
    const directory = directoryOf(this)
    const linkOptions = usable(this, () => linkOptionsOf(this, config))
    const link = linkOptions && new BrokerConnection({ ...linkOptions, onConnected, onAway })
    const closing = new AbortController()
    const root = usable(this, () => gladysRootOf(config.httpUrl))
    const kept = { directory, onVolatile: sayVolatileOnce }
    const http = usable(this, (): GladysHttp | undefined => {
      const { email, password } = this.credentials
      const { httpUrl } = config
      const options = { ...kept, httpUrl, email, password, onLost: sayLost, signal: closing.signal }
      return root === undefined ? undefined : gladysHttp(RED, this, { root, ...options })
    })
    let replay: ReplayLog | undefined
    const presence = root === undefined ? undefined : makePresence(root)
    const sender = link && makeSender(link)
    const seen = new SeenDevices(directory && join(directory, 'devices.json'), sayVolatileOnce)
    if (presence?.isAway) sender?.outbox.gladysAway()
    Object.assign(this, { sender, http, seen, directory, addUser, removeUser })
    Object.defineProperty(this, 'serverStatus', {
      get: (): ServerStatus => ({
        broker: status,
        gladys: presence?.isAway === true ? 'away' : 'there',
        waiting: sender?.outbox.size ?? 0
      })
    })

    function makePresence(root: string): Presence {
      return new Presence({
        root,
        ping: pingOf(RED, root, closing.signal),
        clock: systemClock,
        file: new JsonFile(directory && join(directory, 'gladys.json'), parsePresence, sayVolatileOnce),
        onAway: onGladysAway,
        onBack: onGladysBack,
        onAnswer: at => replay?.answered(at),
        onNever: sayNever
      })
    }

    function makeSender(publisher: BrokerConnection): Sender {
      const { onVolatile } = kept
      return new Sender({
        ledger: new SentLedger({ directory, onVolatile, clock: systemClock }),
        announcer: new Announcer(
          new AnnouncementStore(directory && join(directory, 'announced.json'), onVolatile)
        ),
        counters: new JsonFile(directory && join(directory, 'days.json'), parseCounters, onVolatile),
        creator: http?.creator,
        pending: http?.pending,
        units: new FeatureUnits(directory && join(directory, 'units.json'), onVolatile),
        clock: systemClock,
        outbox: ({ isCurrent, ...hooks }) => {
          if (presence !== undefined) replay = makeReplay(isCurrent)
          return new Outbox({
            ...hooks,
            directory: directory && join(directory, 'outbox'),
            onVolatile,
            onLost: sayLost,
            publish: publication => {
              presence?.used()
              return publisher.publish(publication)
            },
            drained: showBacklogGone,
            rate: rateOf(config.rate),
            clock: systemClock,
            ...(replay && { replay })
          })
        }
      })
    }

    function makeReplay(isCurrent: ReplayOptions['isCurrent']): ReplayLog {
      return new ReplayLog({
        directory: directory && join(directory, 'recent'),
        onVolatile: sayVolatileOnce,
        clock: systemClock,
        isCurrent
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

    const raise = (error: CodedError): void => this.error(translateError(RED, error, error.code), {})

    function onAway(reason: Reason): void {
      status = 'away'
      sender?.outbox.brokerAway()
      showAll()
      raise(withReason('BROKER_UNREACHABLE', reason))
    }

    function onGladysAway(reason: Reason): void {
      sender?.outbox.gladysAway()
      showAll()
      raise(refused('gladysGone', { reason }))
    }

    function onGladysBack(): void {
      sender?.gladysBack()
      backlog = (sender?.outbox.size ?? 0) > 0
      showAll()
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

    presence?.start()
    // What waited when Node-RED stopped goes out without waiting for a message.
    if (sender !== undefined && sender.outbox.size > 0) link?.start()

    this.on('close', (done: () => void) => {
      closing.abort()
      presence?.close()
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
      node.error(translateError(RED, error, 'NOT_CONFIGURED'))
      return undefined
    }
  }

  function linkOptionsOf(
    node: ServerNode,
    config: GladysServerConfig
  ): Omit<BrokerConnectionOptions, 'onConnected' | 'onAway'> {
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
