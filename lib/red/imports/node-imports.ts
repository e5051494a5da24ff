import type { Node, NodeAPI, NodeStatus } from 'node-red'
import { join } from 'node:path'
import { systemClock } from '../../base/clock'
import type { CodedError } from '../../base/errors'
import { Throttle } from '../../base/throttle'
import { lackingFeatures, type LackingFeatures } from '../../gladys/discovery/new-features'
import { ImportStore } from '../../gladys/import/resume-store'
import { type ImportState, isOpen } from '../../gladys/import/state'
import { MANUAL } from '../../gladys/model/external-ids'
import type { Item } from '../../gladys/model/items'
import { addressingOf, type Sender, type SendRequest } from '../../gladys/sender'
import { type GladysServer, missingOf, type ServerStatus, type ServerUser } from '../../gladys/server'
import type { ChapterName } from '../../withings/history/history'
import { accountRegistry } from '../accounts/account-registry'
import { t, translateError } from '../i18n/texts'
import { featuresAddedTo, watchAddedDevices } from './added-devices'
import { type ImportingNode, importManager, type ImportManager } from './import-manager'

export interface NodeImportsOptions {
  server: GladysServer
  sender: Sender
  /** How the node sends; asked anew for each part, since people can be renamed. */
  request: () => SendRequest
}

const STATUS_EVERY = 500
const MESSAGE_EVERY = 1_000

/** What tells of one import, and what it told last. */
interface Messages {
  latest: ImportState
  readonly throttle: Throttle
}

/** Lets history imports run on a gladys-device-state node: progress as status and on the second output. */
export class NodeImports {
  private readonly manager: ImportManager
  private readonly host: ImportingNode
  private readonly messages = new Map<string, Messages>()
  private readonly stopWatching: (() => void) | undefined
  private latest: ImportState | undefined
  private readonly status = new Throttle(STATUS_EVERY, systemClock, () => this.showStatus())

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node & ServerUser,
    private readonly parts: NodeImportsOptions
  ) {
    const { server, sender } = parts
    const api = server.http?.api
    this.manager = importManager(RED, accountRegistry(RED))
    const directory = server.directory && join(server.directory, 'imports')
    this.host = {
      id: node.id,
      template: node._alias,
      store: new ImportStore(directory, reason =>
        node.warn(t(RED, 'gladys.importVolatile', { detail: reason }))
      ),
      get missing() {
        return missingOf(server.serverStatus)
      },
      addressing: () => addressingOf(parts.request().create),
      manualDays: userId => sender.days.of(addressingOf(parts.request().create), userId),
      moveDays: move => sender.moveDays(move, parts.request()),
      inFeatureUnit: item => sender.units.convert(item, addressingOf(parts.request().create)),
      introduce: items => this.introduce(items),
      send: states => sender.sendHistory(states),
      sentLive: states => sender.ledger.sentLive(states, this.featuresSince()),
      counts: api && (features => api.counts(features)),
      restarted: () => node.warn(t(RED, 'gladys.importRestarted')),
      unreadable: count => node.warn(t(RED, 'gladys.importUnreadable', { count })),
      leftOut: (chapter, error) => node.warn(this.leftOut(chapter, error)),
      show: state => this.show(state)
    }
    this.manager.addNode(this.host)
    this.stopWatching = this.watchAddedDevices()
  }

  /** The server told where the connection stands. */
  brokerIs(status: ServerStatus): void {
    if (status.broker === 'connecting') return
    this.manager.brokerIs(this.host, missingOf(status) === undefined ? 'connected' : 'away')
  }

  stop(): void {
    this.stopWatching?.()
    this.manager.removeNode(this.host)
    this.status.stop()
    for (const { throttle } of this.messages.values()) throttle.stop()
  }

  /** Told what Gladys lacks of that until somebody presses "Update" there. */
  private async introduce(items: readonly Item[]): Promise<LackingFeatures> {
    const { sender, server, request } = this.parts
    const asked = request()
    const before = sender.announced()
    await sender.announceOrCreate(items, asked)
    if (asked.create === 'discovery') {
      const api = server.http?.api
      return lackingFeatures(items, { before, devices: api && (() => api.devices()) })
    }
    server.seen.note(items)
    return {}
  }

  /** Features of this package exist before anything goes to them; those of discovery, once somebody has added them. */
  private featuresSince(): (feature: string) => number | undefined {
    if (this.parts.request().create !== 'discovery') return () => -Infinity
    const { directory } = this.parts.server
    const arrivals = directory === undefined ? undefined : featuresAddedTo(directory)
    return feature => arrivals?.get(feature)
  }

  /** With discovery nobody else tells that a device is there and can take its history. */
  private watchAddedDevices(): (() => void) | undefined {
    const { RED, parts } = this
    const { directory, http } = parts.server
    if (directory === undefined || http === undefined || parts.request().create !== 'discovery')
      return undefined
    const watching = {
      directory,
      api: http.api,
      announced: () => parts.sender.announced(),
      clock: systemClock,
      onVolatile: (detail: string) => this.node.warn(t(RED, 'gladys.importVolatile', { detail }))
    }
    return watchAddedDevices(watching, ({ userId, deviceId }) =>
      this.manager.beginFor(this.host, userId, deviceId ?? MANUAL)
    )
  }

  private leftOut(chapter: ChapterName, error: CodedError): string {
    const { RED } = this
    const detail = translateError(RED, error, 'WITHINGS_REFUSED').message
    return t(RED, 'gladys.importLeftOut', { chapter: t(RED, `chapter.${chapter}`), detail })
  }

  private show(state: ImportState): void {
    this.latest = state
    this.status.call()
    const known = this.messages.get(state.id)
    const throttle = known?.throttle ?? new Throttle(MESSAGE_EVERY, systemClock, () => this.report(state.id))
    this.messages.set(state.id, { latest: state, throttle })
    if (known?.latest.state === state.state) throttle.call()
    else throttle.callNow()
    if (!isOpen(state.state)) this.messages.delete(state.id)
  }

  private showStatus(): void {
    const { latest, node } = this
    const code = latest?.error?.code
    const compared = latest && this.comparisonText(latest)
    if (compared !== undefined) node.status(compared)
    else if (latest?.state === 'running') {
      const { done } = latest
      const words = t(this.RED, 'status.importing', { done }, `importing, ${done} done`)
      node.status({ fill: 'blue', shape: 'dot', text: words })
    } else if (code !== undefined && this.host.missing === undefined && code !== 'BROKER_UNREACHABLE')
      node.status({ fill: 'red', shape: 'ring', text: t(this.RED, 'status.error', { code }, code) })
    else node.showServer(this.parts.server.serverStatus)
  }

  /** undefined: it is not that far, or there is nothing to compare with. */
  private comparisonText({ state, comparison, done }: ImportState): NodeStatus | undefined {
    if (comparison === null || (state !== 'running' && state !== 'done')) return undefined
    const say = (key: string, values: Record<string, number>) => t(this.RED, `status.${key}`, values)
    switch (comparison.state) {
      case 'running':
        return { fill: 'blue', shape: 'dot', text: say('comparing', {}) }
      case 'failed':
        return { fill: 'yellow', shape: 'ring', text: say('notCompared', { done }) }
      case 'done': {
        const { expected, found } = comparison
        return {
          fill: found < expected ? 'yellow' : 'green',
          shape: 'dot',
          text: say('imported', { expected, found })
        }
      }
    }
  }

  private report(id: string): void {
    const known = this.messages.get(id)
    if (known === undefined) return
    const { state, chapter, at, done, total, rate, secondsLeft, comparison } = known.latest
    const { missing = [], dropped = 0 } = known.latest
    const progress = { chapter, at, done, total, rate, secondsLeft, comparison, missing, dropped }
    const payload = { import: id, state, ...progress }
    this.node.send([null, { topic: `withings/import/${id}`, payload }])
  }
}
