import { asInteger, asObject, asText, type JsonObject } from '../../base/json'
import { monthOf, type StoredCounts } from '../import/comparison'
import { complaintOf, type GladysAnswer, GladysClient, type GladysClientOptions, refused } from './client'
import { type GladysLogin, GladysSession, type SessionStore } from './session'

/** A device as Gladys has it; what the user made of it stays in `raw`. */
export interface GladysDevice {
  externalId: string
  name: string
  /** External ids of its features. */
  features: ReadonlySet<string>
  /** Everything that Gladys told, for an update that loses nothing. */
  raw: JsonObject & { features: readonly JsonObject[] }
}

export interface GladysApiOptions extends GladysClientOptions {
  login: Omit<GladysLogin, 'root'>
  store: SessionStore
}

/**
 * The calls of Gladys's HTTP API that this package needs (gladys.md, "HTTP API"). All fail with GLADYS_REFUSED and
 * a sentence that says what to do.
 */
export class GladysApi {
  /** Tells this Gladys from others in the same process. */
  readonly root: string
  private readonly wire: GladysClient
  private readonly session: GladysSession
  private serviceId: string | undefined

  constructor(options: GladysApiOptions) {
    this.root = options.root
    this.wire = new GladysClient(options)
    this.session = new GladysSession({ root: options.root, ...options.login }, this.wire, options.store)
  }

  /** Id of the MQTT service, which a device needs; asked once, and again when Gladys may be another one. */
  async mqttServiceId(): Promise<string> {
    if (this.serviceId !== undefined) return this.serviceId
    const service = asObject(await this.ok('GET', '/service/mqtt'))
    const id = asText(service?.id)
    // Gladys answers null for a service that it does not have.
    if (id === undefined) throw refused('noMqttService')
    return (this.serviceId = id)
  }

  /** All devices of the MQTT service, those made by discovery included. */
  async devices(): Promise<GladysDevice[]> {
    const list = await this.ok('GET', '/service/mqtt/device')
    if (!Array.isArray(list)) throw refused('gladysUnreadable')
    return list.map(parseDevice)
  }

  /**
   * How many states Gladys has of these features, by their external ids (gladys.md, "real server" no. 5). Left out: a
   * feature that it does not have.
   */
  async counts(features: readonly string[]): Promise<StoredCounts> {
    const wanted = new Set(features)
    const selectors: [feature: string, selector: string][] = []
    const counts = new Map<string, Readonly<Record<string, number>> | 'none'>()
    for (const { raw } of await this.devices())
      for (const feature of raw.features) {
        const [id, selector] = [asText(feature.external_id), asText(feature.selector)]
        if (id === undefined || selector === undefined || !wanted.has(id)) continue
        if (asInteger(Number(feature.keep_history)) === 0) counts.set(id, 'none')
        else selectors.push([id, selector])
      }
    for (const few of chunksOf(selectors, FEATURES_A_CALL)) {
      const list = await this.ok('GET', `/device_feature/aggregated_states?${countsQuery(few)}`)
      if (!Array.isArray(list) || list.length !== few.length) throw refused('gladysUnreadable')
      few.forEach(([id], index) => counts.set(id, monthsIn(list[index])))
    }
    return counts
  }

  /** Creates or updates by `external_id`. An update deletes each feature that `device` leaves out. */
  async saveDevice(device: JsonObject): Promise<void> {
    await this.ok('POST', '/device', device)
  }

  private async ok(method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<unknown> {
    const answer = await this.authorized(method, path, body)
    const { status } = answer
    if (status >= 200 && status < 300) return answer.body
    const complaint = complaintOf(answer)
    if (status === 404 && path.startsWith('/service/mqtt')) throw refused('noMqttService')
    if (status === 401 || status === 403) throw refused('notAdministrator', { complaint })
    if (status === 409 || status === 422) throw refused('deviceRefused', { complaint })
    throw refused('gladysAnswers', { complaint })
  }

  /** A token that has run out is renewed once. */
  private async authorized(method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<GladysAnswer> {
    const token = await this.session.token()
    const answer = await this.wire.call(method, path, body, token)
    if (answer.status !== 401) return answer
    this.session.expired(token)
    // A Gladys that was set up anew knows none of our tokens, and its services have other ids.
    this.serviceId = undefined
    return this.wire.call(method, path, body, await this.session.token())
  }
}

/** So many selectors fit into one address. */
const FEATURES_A_CALL = 20
/** Longer than anybody has measured. */
const MINUTES = 200 * 366 * 24 * 60
const MONTHS = 200 * 12
const HALF_A_MONTH = 15 * 86_400_000

function countsQuery(features: readonly (readonly [feature: string, selector: string])[]): string {
  return new URLSearchParams({
    device_features: features.map(([, selector]) => selector).join(','),
    interval: String(MINUTES),
    max_states: String(MONTHS),
    group_by: 'month'
  }).toString()
}

/**
 * Counts by month; Gladys dates each at the beginning of the month in its own zone. `none`: of what is on or off it
 * tells the changes only.
 */
function monthsIn(answer: unknown): Readonly<Record<string, number>> | 'none' {
  const values = asObject(answer)?.values
  if (!Array.isArray(values)) throw refused('gladysUnreadable')
  const months: Record<string, number> = {}
  for (const value of values) {
    const { created_at, count_value }: JsonObject = asObject(value) ?? {}
    if (count_value === undefined) return 'none'
    const [at, count] = [Date.parse(String(created_at)), asInteger(Number(count_value))]
    if (!Number.isFinite(at) || count === undefined) throw refused('gladysUnreadable')
    months[monthOf(at + HALF_A_MONTH)] = count
  }
  return months
}

function* chunksOf<T>(list: readonly T[], size: number): Generator<T[], void, undefined> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
}

/** Refuses to understand half: what is not read here would be deleted by the next update. */
function parseDevice(value: unknown): GladysDevice {
  const raw = asObject(value)
  const externalId = asText(raw?.external_id)
  const list: unknown = raw?.features
  if (raw === undefined || externalId === undefined || !Array.isArray(list)) throw refused('gladysUnreadable')
  const features: JsonObject[] = []
  const ids = new Set<string>()
  for (const one of list) {
    const feature = asObject(one)
    if (feature === undefined) throw refused('gladysUnreadable')
    features.push(feature)
    const id = asText(feature.external_id)
    if (id !== undefined) ids.add(id)
  }
  return {
    externalId,
    name: asText(raw.name) ?? externalId,
    features: ids,
    raw: { ...raw, features }
  }
}
