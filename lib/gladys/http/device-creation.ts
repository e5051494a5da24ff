import { asCodedError, CodedError } from '../../base/errors'
import type { JsonObject } from '../../base/json'
import type { Skipped, State } from '../model/states'
import { portionsOf } from '../model/states'
import type { GladysApi, GladysDevice } from './api'
import type { CreatedStore } from './created-store'
import { type DeviceDraft, lastPart } from './device-draft'

/** What became of the features that states are waiting for. */
export interface CreationResult {
  /** External ids made now: devices and features. */
  created: string[]
  /** By external id of the feature. `deleted`: the user took it away. `missing`: it could not be made. */
  results: Map<string, 'there' | 'deleted' | 'missing'>
  /** Why something is missing; undefined when nothing is. */
  problem: CodedError | undefined
}

export interface DeviceCreatorOptions {
  api: Pick<GladysApi, 'root' | 'mqttServiceId' | 'devices' | 'saveDevice'>
  store: CreatedStore
  clock: { now(): number }
}

/** One call of `ensure` or `recreate`, once Gladys has answered. */
interface Job {
  serviceId: string
  makes: 'new' | 'deleted too'
  creation: CreationResult
  /** Called before a device is saved. */
  saves(): void
}

/** Keeps values back until the result is called. */
export type Hold = () => () => void

const noHold: Hold = () => () => undefined

/** Asking which devices there are may take this part of the time, not more: 1/10. */
const REST = 10
/** Milliseconds; a clock that was set meanwhile must not make it longer. */
const LONGEST_REST = 120_000

/** The last job of each Gladys: two of this process must not overwrite each other's devices. */
const lastJobs = new Map<string, Promise<unknown>>()

/**
 * Creates and extends devices over Gladys's HTTP API. An update of Gladys deletes what it leaves out, so each one
 * is the device as it was just read plus what is new; what the user changed stays (gladys.md, "HTTP API"). What
 * the user deleted is created again only by `recreate`.
 */
export class DeviceCreator {
  /** External ids of features that the user took away. */
  private readonly deleted = new Set<string>()
  private seen: { devices: readonly GladysDevice[]; at: number; rest: number } | undefined

  constructor(private readonly options: DeviceCreatorOptions) {}

  /**
   * Makes what is not there yet, but not what the user deleted. Never rejects: states of features that exist must
   * go on whatever fails. From the first device that is saved to the last one values are kept back by `hold`.
   */
  ensure(drafts: readonly DeviceDraft[], hold = noHold): Promise<CreationResult> {
    return this.make(drafts, 'new', hold)
  }

  /** As `ensure`, but makes again what the user deleted: for an import that the user asked for. */
  recreate(drafts: readonly DeviceDraft[], hold = noHold): Promise<CreationResult> {
    return this.make(drafts, 'deleted too', hold)
  }

  private make(drafts: readonly DeviceDraft[], makes: Job['makes'], hold: Hold): Promise<CreationResult> {
    const creation: CreationResult = { created: [], results: new Map(), problem: undefined }
    if (drafts.length === 0) return Promise.resolve(creation)
    return this.inTurn(async () => {
      const { api, store } = this.options
      let release: (() => void) | undefined
      try {
        // First, since it shows whether this still is the same Gladys.
        const devices = await this.recentDevices()
        const serviceId = await api.mqttServiceId()
        store.belongsTo(serviceId)
        const job = { serviceId, makes, creation, saves: () => void (release ??= hold()) }
        const known = byId(devices)
        for await (const portion of portionsOf(drafts))
          for (const draft of portion) await this.ensureOrRemember(draft, known.get(draft.externalId), job)
      } catch (error) {
        const problem = asCodedError(error, 'GLADYS_REFUSED')
        for (const draft of drafts) this.fromMemory(draft, creation, problem)
      }
      release?.()
      store.save()
      return creation
    })
  }

  /** One that Gladys refuses holds back no other. */
  private async ensureOrRemember(
    draft: DeviceDraft,
    recent: GladysDevice | undefined,
    job: Job
  ): Promise<void> {
    try {
      await this.ensureDevice(draft, recent, job)
    } catch (error) {
      this.fromMemory(draft, job.creation, asCodedError(error, 'GLADYS_REFUSED'))
    }
  }

  /** `recent`: the device as it was seen a moment ago. */
  private async ensureDevice(draft: DeviceDraft, recent: GladysDevice | undefined, job: Job): Promise<void> {
    const { api, store } = this.options
    const { created, results } = job.creation
    if (this.judge(draft, recent, job).length > 0) {
      job.saves()
      // Between reading and writing the user may change the device: as little time as can be.
      this.seen = undefined
      const devices = await api.devices()
      const device = byId(devices).get(draft.externalId)
      const lacking = this.judge(draft, device, job)
      if (lacking.length > 0) {
        await api.saveDevice(
          device === undefined ? newDevice(draft, devices, job.serviceId) : extended(device, lacking)
        )
        if (device === undefined) created.push(draft.externalId)
        for (const { external_id } of lacking) {
          created.push(external_id)
          results.set(external_id, 'there')
        }
      }
    }
    const ids = draft.features.map(feature => feature.external_id)
    const there = ids.filter(feature => results.get(feature) === 'there')
    if (there.length > 0) store.add(draft.externalId, there)
  }

  /** Notes what is there and what was deleted; gives the features to be made. */
  private judge(draft: DeviceDraft, device: GladysDevice | undefined, { makes, creation }: Job) {
    const known = this.options.store.featuresOf(draft.externalId)
    return draft.features.filter(({ external_id }) => {
      const there = device?.features.has(external_id) === true
      const hadIt = device === undefined ? known !== undefined : known?.has(external_id) === true
      const deleted = !there && hadIt && makes === 'new'
      if (deleted) this.deleted.add(external_id)
      else this.deleted.delete(external_id)
      if (there || deleted) creation.results.set(external_id, there ? 'there' : 'deleted')
      return !there && !deleted
    })
  }

  /** Gladys says nothing: what it had when it was last asked is taken to be there. */
  private fromMemory(draft: DeviceDraft, creation: CreationResult, problem: CodedError): void {
    const known = this.options.store.featuresOf(draft.externalId)
    for (const { external_id } of draft.features) {
      const before = known?.has(external_id) === true ? 'there' : 'missing'
      const fate = this.deleted.has(external_id) ? 'deleted' : before
      creation.results.set(external_id, fate)
      if (fate === 'missing') creation.problem ??= problem
    }
  }

  private async recentDevices(): Promise<readonly GladysDevice[]> {
    const { api, clock } = this.options
    const started = clock.now()
    const { seen } = this
    if (seen !== undefined && started >= seen.at && started < seen.at + seen.rest) return seen.devices
    const devices = await api.devices()
    const at = clock.now()
    this.seen = { devices, at, rest: Math.min((at - started) * REST, LONGEST_REST) }
    return devices
  }

  private inTurn<Result>(job: () => Promise<Result>): Promise<Result> {
    const { root } = this.options.api
    const turn = (lastJobs.get(root) ?? Promise.resolve()).then(job)
    lastJobs.set(root, turn)
    return turn
  }
}

/** The states whose feature is there or not ours; deleted ones are noted as skipped, missing ones are left out. */
export function withFeature(
  states: readonly State[],
  { results }: CreationResult,
  skipped: Skipped[]
): State[] {
  return states.filter(({ feature, date }) => {
    const fate = results.get(feature) ?? 'there'
    if (fate === 'deleted')
      skipped.push({ reason: 'deleted_in_gladys', feature, date: new Date(date).toISOString() })
    return fate === 'there'
  })
}

/** The problem, with the number of states that it holds back; they wait and are not noted as sent. */
export function heldBack({ code, key, params, message }: CodedError, count: number): CodedError {
  return new CodedError(code, 'heldBack', { problem: key === null ? message : { key, params }, count })
}

function byId(devices: readonly GladysDevice[]): ReadonlyMap<string, GladysDevice> {
  return new Map(devices.map(device => [device.externalId, device]))
}

/** Ours end with the id that Withings gives the device, whoever uses it. */
function isShared(other: GladysDevice, { externalId }: DeviceDraft): boolean {
  return lastPart(other.externalId) === lastPart(externalId)
}

function newDevice(draft: DeviceDraft, devices: readonly GladysDevice[], serviceId: string): JsonObject {
  const { externalId, name, sharedName, model, features } = draft
  return {
    name: devices.some(other => other.name === name && isShared(other, draft)) ? sharedName : name,
    external_id: externalId,
    service_id: serviceId,
    ...(model === null ? {} : { model }),
    should_poll: false,
    features,
    params: []
  }
}

function extended({ raw }: GladysDevice, lacking: readonly object[]): JsonObject {
  return { ...raw, features: [...raw.features.map(withoutValue), ...lacking] }
}

/** The last value is left to Gladys: since it was read a newer one may have come. */
function withoutValue(feature: JsonObject): JsonObject {
  const { last_value, last_value_string, last_value_changed, ...kept } = feature
  return kept
}
