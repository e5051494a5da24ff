import { asInteger, asObject, asText, type JsonObject } from '../../base/json'
import { portionsOf } from '../../base/slices'
import { monthOf, type StoredCounts } from '../import/comparison'
import { complaintOf, type GladysAnswer, GladysClient, type GladysClientOptions, refused } from './client'
import { type GladysLogin, GladysSession, type SessionStore } from './session'

/** A device as Gladys has it, with the changes of its user. */
export interface GladysDevice {
  externalId: string
  name: string
  /** External ids of its features. */
  features: ReadonlySet<string>
  /** Everything that Gladys answered, for an update that loses nothing. */
  raw: JsonObject & { features: readonly JsonObject[] }
}

export interface GladysApiOptions extends GladysClientOptions {
  login: GladysLogin
  store: SessionStore
}

/** The calls of Gladys's HTTP API that this package needs (gladys.md, "HTTP API"). All fail with GLADYS_REFUSED. */
export class GladysApi {
  /** Address of this Gladys, which identifies it. */
  readonly root: string
  private readonly client: GladysClient
  private readonly session: GladysSession
  private serviceId: string | undefined

  constructor(options: GladysApiOptions) {
    this.root = options.root
    this.client = new GladysClient(options)
    this.session = new GladysSession({ root: options.root, ...options.login }, this.client, options.store)
  }

  /** Id of the MQTT service, which a device needs; fetched once, and again when this may be another Gladys. */
  async mqttServiceId(): Promise<string> {
    if (this.serviceId !== undefined) return this.serviceId
    const id = asText(asObject(await this.ok('GET', '/service/mqtt'))?.id)
    // Gladys answers null for a service that it does not have.
    if (id === undefined) throw refused('noMqttService')
    return (this.serviceId = id)
  }

  /** All devices of the MQTT service, including discovered ones. */
  async devices(): Promise<GladysDevice[]> {
    const list = await this.ok('GET', '/service/mqtt/device')
    if (!Array.isArray(list)) throw refused('gladysUnreadable')
    return list.map(parseDevice)
  }

  /** States per feature and month (gladys.md, "real server" no. 5), without features that Gladys does not have. */
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
    for await (const few of portionsOf(selectors, MAX_FEATURES_PER_CALL)) {
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

  /** Renews an expired token once. */
  private async authorized(method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<GladysAnswer> {
    const token = await this.session.token()
    const answer = await this.client.call(method, path, body, token)
    if (answer.status !== 401) return answer
    this.session.expired(token)
    // A Gladys that was set up anew has other tokens and other ids of services.
    this.serviceId = undefined
    return this.client.call(method, path, body, await this.session.token())
  }
}

/** Limited by the length of an address. */
const MAX_FEATURES_PER_CALL = 20
/** Longer than anybody has measured. */
const YEARS = 200
const HALF_MONTH_MS = 15 * 86_400_000

function countsQuery(features: readonly (readonly [feature: string, selector: string])[]): string {
  return new URLSearchParams({
    device_features: features.map(([, selector]) => selector).join(','),
    interval: String(YEARS * 366 * 24 * 60),
    max_states: String(YEARS * 12),
    group_by: 'month'
  }).toString()
}

/** Counts by month, which Gladys dates at its start in its own zone. `none`: binary features, which have no counts. */
function monthsIn(answer: unknown): Readonly<Record<string, number>> | 'none' {
  const values = asObject(answer)?.values
  if (!Array.isArray(values)) throw refused('gladysUnreadable')
  const months: Record<string, number> = {}
  for (const value of values) {
    const { created_at, count_value }: JsonObject = asObject(value) ?? {}
    if (count_value === undefined) return 'none'
    const [at, count] = [Date.parse(String(created_at)), asInteger(Number(count_value))]
    if (!Number.isFinite(at) || count === undefined) throw refused('gladysUnreadable')
    months[monthOf(at + HALF_MONTH_MS)] = count
  }
  return months
}

/** All or nothing: what is not read here would be deleted by the next update. */
function parseDevice(value: unknown): GladysDevice {
  const raw = asObject(value)
  const externalId = asText(raw?.external_id)
  const list = Array.isArray(raw?.features) ? raw.features.map(asObject) : [undefined]
  const features = list.filter(feature => feature !== undefined)
  if (raw === undefined || externalId === undefined || features.length < list.length)
    throw refused('gladysUnreadable')
  const ids = features.map(feature => asText(feature.external_id)).filter(id => id !== undefined)
  return {
    externalId,
    name: asText(raw.name) ?? externalId,
    features: new Set(ids),
    raw: { ...raw, features }
  }
}
