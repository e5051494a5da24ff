import { asCodedError, CodedError } from '../../base/errors'
import type { JsonObject } from '../../base/json'
import { portionsOf } from '../../base/slices'
import { type Skipped, skippedState, type State } from '../model/states'
import type { GladysApi, GladysDevice } from './api'
import type { CreatedStore } from './created-store'
import { type DeviceDraft, featuresOf, lastPart } from './device-draft'

/** What became of the features that states need. */
export interface CreationResult {
  /** External ids created now: devices and features. */
  created: string[]
  /** By external id of the feature. `deleted`: by the user. `missing`: it could not be created. */
  features: Map<string, 'there' | 'deleted' | 'missing'>
  /** Why something is missing; undefined when nothing is. */
  problem: CodedError | undefined
}

export interface DeviceCreatorOptions {
  api: Pick<GladysApi, 'root' | 'mqttServiceId' | 'devices' | 'saveDevice'>
  store: CreatedStore
  clock: { now(): number }
}

/** One call of `create`, once Gladys has answered. */
interface Job {
  serviceId: string
  creates: 'new' | 'deleted too'
  result: CreationResult
  /** Called before a device is saved. */
  saves(): void
}

/** The list of devices is asked for again after this many times as long as it took. */
const LIST_REST = 10
/** Milliseconds; limits the rest where the clock was set meanwhile. */
const MAX_LIST_REST = 120_000

/** The last job of each Gladys: two of this process must not overwrite each other's devices. */
const lastJobs = new Map<string, Promise<unknown>>()

/**
 * Creates and extends devices over Gladys's HTTP API. An update deletes what it leaves out, so each one is the device as
 * it was just read plus what is new; what the user changed stays (gladys.md, "HTTP API").
 */
export class DeviceCreator {
  /** External ids of features that the user deleted. */
  private readonly deleted = new Set<string>()
  private listed: { devices: readonly GladysDevice[]; at: number; rest: number } | undefined

  constructor(private readonly options: DeviceCreatorOptions) {}

  /**
   * Creates what is missing; what the user deleted only for an import, which the user asked for. Never rejects: states
   * of features that exist must go on whatever fails. `hold` holds values back, from the first device that is saved to
   * the last one, until its result is called.
   */
  create(
    drafts: readonly DeviceDraft[],
    creates: Job['creates'] = 'new',
    hold?: () => () => void
  ): Promise<CreationResult> {
    const result: CreationResult = { created: [], features: new Map(), problem: undefined }
    if (drafts.length === 0) return Promise.resolve(result)
    const { api, store } = this.options
    const turn = (lastJobs.get(api.root) ?? Promise.resolve()).then(async () => {
      let release: (() => void) | undefined
      try {
        // First, since it shows whether this still is the same Gladys.
        const devices = byId(await this.recentDevices())
        const serviceId = await api.mqttServiceId()
        store.belongsTo(serviceId)
        const job = { serviceId, creates, result, saves: () => void (release ??= hold?.()) }
        for await (const portion of portionsOf(drafts))
          for (const draft of portion)
            await this.createDevice(draft, devices.get(draft.externalId), job).catch((error: unknown) =>
              this.assumeUnchanged(draft, result, error)
            )
      } catch (error) {
        for (const draft of drafts) this.assumeUnchanged(draft, result, error)
      }
      release?.()
      store.save()
      return result
    })
    lastJobs.set(api.root, turn)
    return turn
  }

  /** `recent`: the device as it was listed a moment ago. */
  private async createDevice(draft: DeviceDraft, recent: GladysDevice | undefined, job: Job): Promise<void> {
    const { api, store } = this.options
    const { created, features } = job.result
    if (this.missingFeatures(draft, recent, job).length > 0) {
      job.saves()
      // Read again right before writing, since the user may change the device at any time.
      this.listed = undefined
      const devices = await api.devices()
      const device = byId(devices).get(draft.externalId)
      const missing = this.missingFeatures(draft, device, job)
      if (missing.length > 0) {
        await api.saveDevice(
          device === undefined ? newDevice(draft, devices, job.serviceId) : extended(device, missing)
        )
        if (device === undefined) created.push(draft.externalId)
        for (const { external_id } of missing) {
          created.push(external_id)
          features.set(external_id, 'there')
        }
      }
    }
    const there = featuresOf(draft).filter(id => features.get(id) === 'there')
    store.add(draft.externalId, there)
  }

  /** Notes what is there and what was deleted; returns the features to be created. */
  private missingFeatures(draft: DeviceDraft, device: GladysDevice | undefined, { creates, result }: Job) {
    const remembered = this.options.store.featuresOf(draft.externalId)
    return draft.features.filter(({ external_id }) => {
      const there = device?.features.has(external_id) === true
      const was = device === undefined ? remembered !== undefined : remembered?.has(external_id) === true
      const deleted = !there && was && creates === 'new'
      if (deleted) this.deleted.add(external_id)
      else this.deleted.delete(external_id)
      if (there || deleted) result.features.set(external_id, there ? 'there' : 'deleted')
      return !there && !deleted
    })
  }

  /** Without an answer, what Gladys had when it was last asked is taken to be there. */
  private assumeUnchanged(draft: DeviceDraft, result: CreationResult, error: unknown): void {
    const remembered = this.options.store.featuresOf(draft.externalId)
    for (const { external_id } of draft.features) {
      const before = remembered?.has(external_id) === true ? 'there' : 'missing'
      const now = this.deleted.has(external_id) ? 'deleted' : before
      result.features.set(external_id, now)
      if (now === 'missing') result.problem ??= asCodedError(error, 'GLADYS_REFUSED')
    }
  }

  private async recentDevices(): Promise<readonly GladysDevice[]> {
    const { api, clock } = this.options
    const started = clock.now()
    const { listed } = this
    if (listed !== undefined && started >= listed.at && started < listed.at + listed.rest)
      return listed.devices
    const devices = await api.devices()
    const at = clock.now()
    this.listed = { devices, at, rest: Math.min((at - started) * LIST_REST, MAX_LIST_REST) }
    return devices
  }
}

/** The states whose feature exists or is not ours; deleted ones are noted as skipped, missing ones are left out. */
export function withFeature(
  states: readonly State[],
  { features }: CreationResult,
  skipped: Skipped[]
): State[] {
  return states.filter(state => {
    const result = features.get(state.feature) ?? 'there'
    if (result === 'deleted') skipped.push(skippedState('deleted_in_gladys', state))
    return result === 'there'
  })
}

/** The problem with the number of states that wait for missing features; they are not noted as sent. */
export function withPendingCount({ code, key, params, message }: CodedError, count: number): CodedError {
  return new CodedError(code, 'heldBack', { problem: key === null ? message : { key, params }, count })
}

function byId(devices: readonly GladysDevice[]): ReadonlyMap<string, GladysDevice> {
  return new Map(devices.map(device => [device.externalId, device]))
}

function newDevice(draft: DeviceDraft, devices: readonly GladysDevice[], serviceId: string): JsonObject {
  const { externalId, name, sharedName, model, features } = draft
  // Our external ids end with the id that Withings gives the device, whoever uses it.
  const same = devices.filter(other => lastPart(other.externalId) === lastPart(externalId))
  return {
    name: same.some(other => other.name === name) ? sharedName : name,
    external_id: externalId,
    service_id: serviceId,
    ...(model === null ? {} : { model }),
    should_poll: false,
    features,
    params: []
  }
}

function extended({ raw }: GladysDevice, missing: readonly object[]): JsonObject {
  // The last value is left to Gladys, which may have got a newer one since.
  const kept = raw.features.map(
    ({ last_value, last_value_string, last_value_changed, ...feature }) => feature
  )
  return { ...raw, features: [...kept, ...missing] }
}
