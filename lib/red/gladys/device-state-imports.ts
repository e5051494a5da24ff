import type { Node, NodeAPI, NodeStatus } from 'node-red'
import { join } from 'node:path'
import { systemClock, Throttle } from '../../base/clock'
import type { CodedError } from '../../base/errors'
import { lackingFeatures, type LackingFeatures } from '../../gladys/discovery/new-features'
import { featuresAddedTo, watchAddedDevices } from '../../gladys/http/added-devices-poller'
import type { ImportManager, ImportTarget } from '../../gladys/import/manager'
import { ImportStore } from '../../gladys/import/resume-store'
import { type ImportState, isOpen } from '../../gladys/import/state'
import { MANUAL } from '../../gladys/model/external-ids'
import type { Item } from '../../gladys/model/items'
import { addressingOf, type SendRequest } from '../../gladys/sender'
import { missingOf, type ServerStatus, type ServerUser } from '../../gladys/server'
import type { ChapterName } from '../../withings/history/history'
import { t, translateError } from '../i18n/texts'
import { importManager } from '../imports/import-manager'
import type { UsableServer } from './server-node'

const STATUS_EVERY = 500
const MESSAGE_EVERY = 1_000

/** Lets history imports run on a gladys-device-state node: progress as status and on the second output. */
export class DeviceStateImports {
  private readonly manager: ImportManager
  private readonly target: ImportTarget
  /** The messages of each import, and the state of the last one. */
  private readonly messages = new Map<string, { latest: ImportState; throttle: Throttle }>()
  private readonly stopWatching: (() => void) | undefined
  private latest: ImportState | undefined
  private readonly status = new Throttle(STATUS_EVERY, systemClock, () => this.showStatus())

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node & ServerUser,
    /** `request`: how the node sends; asked anew for each part, since people can be renamed. */
    private readonly options: { server: UsableServer; request: () => SendRequest }
  ) {
    const { server, request } = options
    this.manager = importManager(RED)
    const { sender, directory } = server
    const api = server.http?.api
    const addressing = () => addressingOf(request().create)
    this.target = {
      id: node.id,
      template: node._alias,
      store: new ImportStore(directory && join(directory, 'imports'), this.warnVolatile),
      get missing() {
        return missingOf(server.status)
      },
      addressing,
      manualDays: userId => sender.days.of(addressing(), userId),
      moveDays: move => sender.moveDays(move, request()),
      inFeatureUnit: item => sender.units.convert(item, addressing()),
      introduce: items => this.introduce(items),
      send: states => sender.sendHistory(states),
      sentLive: states => sender.ledger.sentLive(states, this.featuresSince()),
      counts: api && (features => api.counts(features)),
      restarted: () => node.warn(t(RED, 'gladys.importRestarted')),
      unreadable: count => node.warn(t(RED, 'gladys.importUnreadable', { count })),
      leftOut: (chapter, error) => node.warn(this.leftOut(chapter, error)),
      show: state => this.show(state)
    }
    this.manager.addTarget(this.target)
    this.stopWatching = this.watchAddedDevices()
  }

  brokerIs(status: ServerStatus): void {
    if (status.broker === 'connecting') return
    this.manager.brokerIs(this.target, missingOf(status) === undefined ? 'connected' : 'away')
  }

  stop(): void {
    this.stopWatching?.()
    this.manager.removeTarget(this.target)
    this.status.stop()
    for (const { throttle } of this.messages.values()) throttle.stop()
  }

  private readonly warnVolatile = (detail: string): void =>
    this.node.warn(t(this.RED, 'gladys.importVolatile', { detail }))

  /** Announces what is new; gives what Gladys lacks of it until somebody presses "Update" there. */
  private async introduce(items: readonly Item[]): Promise<LackingFeatures> {
    const { server, request } = this.options
    const { sender } = server
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
    const { request, server } = this.options
    if (request().create !== 'discovery') return () => -Infinity
    const added = server.directory === undefined ? undefined : featuresAddedTo(server.directory)
    return feature => added?.get(feature)
  }

  /** With discovery nothing else shows that a device is there and can take its history. */
  private watchAddedDevices(): (() => void) | undefined {
    const { server, request } = this.options
    const { directory, http, sender } = server
    if (directory === undefined || http === undefined || request().create !== 'discovery') return undefined
    return watchAddedDevices(
      {
        directory,
        api: http.api,
        announced: () => sender.announced(),
        clock: systemClock,
        onVolatile: this.warnVolatile
      },
      ({ userId, deviceId }) => this.manager.beginFor(this.target, userId, deviceId ?? MANUAL)
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
    } else if (code !== undefined && this.target.missing === undefined && code !== 'BROKER_UNREACHABLE')
      node.status({ fill: 'red', shape: 'ring', text: t(this.RED, 'status.error', { code }, code) })
    else node.showServer(this.options.server.status)
  }

  /** undefined: it is not that far, or there is nothing to compare with. */
  private comparisonText({ state, comparison, done }: ImportState): NodeStatus | undefined {
    if (comparison === null || (state !== 'running' && state !== 'done')) return undefined
    const say = (key: string, values: Record<string, number>) => t(this.RED, `status.${key}`, values)
    if (comparison.state === 'running') return { fill: 'blue', shape: 'dot', text: say('comparing', {}) }
    if (comparison.state === 'failed')
      return { fill: 'yellow', shape: 'ring', text: say('notCompared', { done }) }
    const { expected, found } = comparison
    const fill = found < expected ? 'yellow' : 'green'
    return { fill, shape: 'dot', text: say('imported', { expected, found }) }
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
