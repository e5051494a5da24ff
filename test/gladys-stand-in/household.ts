import { randomUUID } from 'node:crypto'
import { categories, units } from './constants'
import { States } from './states'
import { type Device, type Feature, type Fields, fieldsOf, type Param, Refusal } from './types'

/** What lies in Gladys's database: devices with their features, and the states of those features. */
export class Household {
  readonly serviceId = randomUUID()
  readonly devices: Device[] = []
  readonly states = new States()

  /** Creates or updates by `external_id`. Destructive like Gladys: what is left out of an update is deleted. */
  save(body: unknown): Device {
    const fields = fieldsOf(body)
    const externalId = textIn(fields, 'external_id', 'device')
    const features = listIn(fields, 'features').map(fieldsOf)
    const known = this.devices.find(device => device.external_id === externalId)
    if (known === undefined || 'service_id' in fields)
      if (fields['service_id'] !== this.serviceId) throw invalid('service_id', 'no such service')
    features.forEach(feature => this.checkFeature(feature, known))
    const ids = features.map(({ external_id }) => external_id)
    if (new Set(ids).size < ids.length) throw new Refusal(409, 'CONFLICT', 'must be unique', 'external_id')
    const device: Device = known ?? {
      id: randomUUID(),
      service_id: this.serviceId,
      room_id: null,
      name: textIn(fields, 'name', 'device'),
      external_id: externalId,
      selector: '',
      model: null,
      should_poll: false,
      features: [],
      params: []
    }
    if ('name' in fields) device.name = textIn(fields, 'name', 'device')
    if ('room_id' in fields) device.room_id = fields['room_id'] as string | null
    if ('model' in fields) device.model = fields['model'] as string | null
    device.selector = this.selectorOf(fields, device.name, device.selector)
    if (known === undefined) this.devices.push(device)
    for (const { external_id } of device.features)
      if (!ids.includes(external_id)) this.states.delete(external_id)
    const before = device.features
    device.features = before.filter(({ external_id }) => ids.includes(external_id))
    for (const feature of features) this.putFeature(feature, device)
    device.params = listIn(fields, 'params').map(param => paramOf(fieldsOf(param), device.params))
    return device
  }

  delete(device: Device): void {
    this.devices.splice(this.devices.indexOf(device), 1)
    for (const { external_id } of device.features) this.states.delete(external_id)
  }

  device(externalId: string): Device {
    const found = this.devices.find(({ external_id }) => external_id === externalId)
    if (found === undefined) throw new Refusal(404, 'NOT_FOUND', 'DEVICE_NOT_FOUND')
    return found
  }

  feature(externalId: string): Feature | undefined {
    return this.devices.flatMap(({ features }) => features).find(one => one.external_id === externalId)
  }

  private checkFeature(fields: Fields, owner: Device | undefined): void {
    const externalId = textIn(fields, 'external_id', 'feature')
    textIn(fields, 'name', 'feature')
    const types = categories[textIn(fields, 'category', 'feature')]
    if (types === undefined) throw invalid('category', 'unknown category')
    if (!types.includes(textIn(fields, 'type', 'feature'))) throw invalid('type', 'unknown type')
    const { unit } = fields
    if (unit !== undefined && unit !== null && !(typeof unit === 'string' && units.has(unit)))
      throw invalid('unit', 'unknown unit')
    for (const key of ['min', 'max'])
      if (typeof fields[key] !== 'number') throw invalid(key, 'cannot be null')
    if (typeof fields['read_only'] !== 'boolean') throw invalid('read_only', 'cannot be null')
    const other = this.devices.find(({ features }) =>
      features.some(({ external_id }) => external_id === externalId)
    )
    if (other !== undefined && other !== owner)
      throw new Refusal(409, 'CONFLICT', 'must be unique', 'external_id')
  }

  private putFeature(fields: Fields, device: Device): void {
    const { name, external_id, ...rest } = fields as unknown as Feature
    const old = device.features.find(feature => feature.external_id === external_id)
    const fresh = {
      id: randomUUID(),
      device_id: device.id,
      unit: null,
      keep_history: true,
      has_feedback: false,
      last_value: null,
      last_value_string: null,
      last_value_changed: null
    }
    const selector = this.selectorOf(fields, `${device.selector} ${name}`, old?.selector ?? '')
    const feature: Feature = { ...fresh, ...old, ...rest, name, external_id, selector }
    if (old === undefined) device.features.push(feature)
    else Object.assign(old, feature)
  }

  /** The one it has, else the wanted one or one from the name, as a slug, made unique with -2, -3 and so on. */
  private selectorOf(fields: Fields, name: string, current: string): string {
    const { selector } = fields
    if (current !== '' && (selector === undefined || selector === current)) return current
    const wanted = slugOf(typeof selector === 'string' && selector !== '' ? selector : name)
    const taken = new Set(
      this.devices.flatMap(device => [device.selector, ...device.features.map(feature => feature.selector)])
    )
    for (let count = 1; ; count++) {
      const candidate = count === 1 ? wanted : `${wanted}-${count}`
      if (!taken.has(candidate)) return candidate
    }
  }
}

export function slugOf(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

function paramOf(fields: Fields, before: readonly Param[]): Param {
  const name = textIn(fields, 'name', 'param')
  const id = before.find(param => param.name === name)?.id ?? randomUUID()
  return { id, name, value: textIn(fields, 'value', 'param') }
}

function textIn(fields: Fields, key: string, what: string): string {
  const value = fields[key]
  if (typeof value !== 'string' || value === '') throw invalid(key, `${what}.${key} cannot be null`)
  return value
}

function listIn(fields: Fields, key: string): unknown[] {
  const value = fields[key]
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid(key, 'must be a list')
  return value
}

function invalid(attribute: string, message: string): Refusal {
  return new Refusal(422, 'UNPROCESSABLE_ENTITY', message, attribute)
}
