import { WITHINGS } from '../../withings/readings/provenance'
import { typeInNight } from '../../withings/readings/reading'
import { unitKey } from '../../withings/readings/units'
import { trackerNumber } from './trackers'

/** Text of the catalogue for `measure.<type>`, `position.<position>`, `unit.<key>` or `nap`, else the fallback. */
export type Wording = (key: string, fallback: string) => string

/** How things are called; the texts come from outside, since lib/gladys knows no catalogue. */
export interface Naming {
  wording: Wording
  /** Name of a Withings user, shown in brackets after the model; undefined: nobody named them. */
  personOf: (userId: string) => string | undefined
}

/** A device as far as its name goes. */
export interface NamedDevice {
  userId: string
  /** null: typed in by hand. */
  deviceId: string | null
  model: string | null
}

type WithModel = Pick<NamedDevice, 'deviceId' | 'model'>

/** `segment_fat_mass` and `left_arm` → `Segment fat mass, left arm`, in the words of the catalogue. */
export function featureName(wording: Wording, type: string, position?: string): string {
  const night = typeInNight(type)
  if (night !== undefined) return `${wording('nap', 'Nap:')} ${featureName(wording, night, position)}`
  const plain = type.replaceAll('_', ' ')
  const name = wording(`measure.${type}`, plain.charAt(0).toUpperCase() + plain.slice(1))
  if (position === undefined) return name
  return `${name}, ${wording(`position.${position}`, position.replaceAll('_', ' '))}`
}

/** Units that Gladys takes over from an announcement; every other one stands in the name (gladys.md, tried). */
const unitsKeptByDiscovery = new Set(['%', '°C', '°F'])

/** The name with the unit where an announcement cannot carry it to Gladys: `Weight (kg)`, but `Fat ratio`. */
export function announcedName(wording: Wording, name: string, unit: string | null): string {
  return unit !== null && unitsKeptByDiscovery.has(unit) ? name : nameWithUnit(wording, name, unit)
}

/** `Weight (kg)`; the name as it is where it says the unit already, or where there is none. */
export function nameWithUnit(wording: Wording, name: string, unit: string | null): string {
  // The names of the types say "steps" already.
  if (unit === null || unit === 'steps') return name
  return `${name} (${wording(`unit.${unitKey(unit)}`, unit)})`
}

/** `Body Scan (Ada)`, or `Manual entries (Ada)` for what belongs to no device. */
export function deviceName({ userId, deviceId, model }: NamedDevice, { wording, personOf }: Naming): string {
  const plain = deviceModelName({ deviceId, model }, wording)
  const person = personOf(userId)
  return person === undefined || person === '' ? plain : `${plain} (${person})`
}

/** Name of a device that two people share: without a name of their own, their ids tell them apart. */
export function sharedName(device: NamedDevice, naming: Naming): string {
  return deviceName(device, { ...naming, personOf: userId => naming.personOf(userId) || userId })
}

/** Apps and phones by model id, as people call them; Withings calls them trackers (withings-api.md §8.2). */
const APPS: ReadonlyMap<number, string> = new Map([
  [1051, 'iPhone'],
  [1052, 'iPhone'],
  [1053, 'Android'],
  [1054, 'Android'],
  [1055, 'Google Fit'],
  [1056, 'Samsung Health'],
  [1057, 'iPhone'],
  [1058, 'Apple Watch'],
  [1059, 'Apple Health'],
  [1060, 'Health Connect'],
  [1062, 'Huawei Health']
])

/** `ScanWatch 2`, `Samsung Health`: what a device or a tracker (trackers.ts) is called, without its user. */
export function deviceModelName({ deviceId, model }: WithModel, wording: Wording): string {
  if (deviceId === null) return wording('gladys.manual', 'Manual entries')
  const tracker = trackerNumber(deviceId)
  if (tracker === undefined) return model ?? 'Withings'
  const app = 'model' in tracker ? APPS.get(tracker.model) : undefined
  const plain = model?.replace(/ tracker$/i, '')
  if (app !== undefined || plain) return app ?? plain ?? 'Withings'
  if ('model' in tracker) return `Withings ${tracker.model}`
  return tracker.brand === WITHINGS
    ? wording('gladys.withingsApp', 'Withings app')
    : wording('gladys.otherApp', 'Other app')
}

/** What is under "manual" has no model, whatever its readings say. */
export function shownModel({ deviceId, model }: WithModel): string | null {
  return deviceId === null ? null : model
}

/** A model without a name (design.md §2.5), or without even a number. */
const PLACEHOLDER = /^Withings( \d+)?$/

/** A proper model name stays: `getmeas` says less than `getdevice`, and names must not flip back and forth. */
export function betterModel(existing: string | null, model: string | null): string | null {
  if (existing === null) return model
  return PLACEHOLDER.test(existing) && model !== null && !PLACEHOLDER.test(model) ? model : existing
}
