import { typeInNight } from '../../withings/readings/reading'
import { unitKey } from '../../withings/readings/units'
import { FEATURE_TYPES, type TypeRow, type ValueKind } from './feature-types'

/** What Gladys (gladys.md, "Categories, types and units") and Home Assistant make of a type of reading. */
export interface Mapping extends Kind {
  /** Range of a chart, in the unit of the reading; not enforced on states. */
  min: number
  max: number
  unitOfMeasurement: string | null
  icon: string
}

interface Kind {
  category:
    'battery' | 'temperature-sensor' | 'duration' | 'distance-sensor' | 'motion-sensor' | 'text' | 'unknown'
  type: 'integer' | 'decimal' | 'binary' | 'text' | 'unknown'
  /** Gladys's name of the unit; null where it has none and the feature's name must tell it. */
  unit: string | null
  /** Home Assistant's kind of entity; null for words, which Gladys does not take from an announcement. */
  platform: 'sensor' | 'binary_sensor' | null
  /** Home Assistant; null where its class would be wrong in Gladys (`pressure` is air pressure there). */
  deviceClass: 'battery' | 'temperature' | 'weight' | 'duration' | 'distance' | 'occupancy' | null
  /**
   * `measurement` for totals of a day too: `total` would need the midnight it started at beside each value, and
   * `total_increasing` takes a correction downwards for a new day. Gladys needs one to take a number without a unit.
   */
  stateClass: 'measurement' | null
}

/** Text of the catalogue for `measure.<type>`, `position.<position>`, `unit.<key>` or `nap`, or the fallback given with it. */
export type Wording = (key: string, fallback: string) => string

const PLAIN: Kind = {
  category: 'unknown',
  type: 'unknown',
  unit: null,
  platform: 'sensor',
  deviceClass: null,
  stateClass: 'measurement'
}
const MASS: Kind = { ...PLAIN, deviceClass: 'weight' }
const TEMPERATURE: Kind = {
  ...PLAIN,
  category: 'temperature-sensor',
  type: 'decimal',
  deviceClass: 'temperature'
}
const DISTANCE: Kind = { ...PLAIN, category: 'distance-sensor', type: 'decimal', deviceClass: 'distance' }
const DURATION: Kind = { ...PLAIN, category: 'duration', type: 'decimal', deviceClass: 'duration' }

/** What a unit says, whatever is measured in it; a unit that is not here is a plain number. */
const byUnit = new Map<string | null, Kind>([
  ['%', { ...PLAIN, unit: 'percent' }],
  ['kg', MASS],
  ['lb', MASS],
  ['°C', { ...TEMPERATURE, unit: 'celsius' }],
  ['°F', { ...TEMPERATURE, unit: 'fahrenheit' }],
  ['m', { ...DISTANCE, unit: 'm' }],
  ['ft', { ...DISTANCE, unit: 'feet' }],
  ['mi', { ...DISTANCE, unit: 'mile' }],
  ['s', { ...DURATION, unit: 'seconds' }],
  ['min', { ...DURATION, unit: 'minutes' }]
])

const byNature: Readonly<Record<ValueKind, Kind>> = {
  battery: { ...PLAIN, category: 'battery', type: 'integer', unit: 'percent', deviceClass: 'battery' },
  // What Gladys itself makes of an announced occupancy.
  presence: {
    category: 'motion-sensor',
    type: 'binary',
    unit: null,
    platform: 'binary_sensor',
    deviceClass: 'occupancy',
    stateClass: null
  },
  text: { category: 'text', type: 'text', unit: null, platform: null, deviceClass: null, stateClass: null }
}

/** Units that Gladys takes over from an announcement; every other one stands in the name (gladys.md, tried). */
const unitsKeptByDiscovery = new Set(['%', '°C', '°F'])

/** The names of the types say these already. */
const unitsInNames = new Set(['steps'])

const UNKNOWN_TYPE: TypeRow = [0, 1000, 'mdi:gauge']

/** The ranges of the types are metric; a chart in imperial units needs them converted. */
const fromMetric = new Map<string | null, (value: number) => number>([
  ['lb', kilograms => Math.ceil(kilograms * 2.20462)],
  ['ft', metres => Math.ceil(metres * 3.28084)],
  ['mi', metres => Math.ceil(metres / 1609.344)],
  ['ft/s', speed => Math.ceil(speed * 3.28084)],
  ['°F', celsius => celsius * 1.8 + 32]
])

/** How to show readings of this type and unit; a type nobody knows yet becomes a plain number with its unit. */
export function mappingOf(type: string, unit: string | null): Mapping {
  const [min, max, icon, nature] = rowOf(type) ?? UNKNOWN_TYPE
  const converted = fromMetric.get(unit) ?? (value => value)
  const kind = nature === undefined ? (byUnit.get(unit) ?? PLAIN) : byNature[nature]
  return { ...kind, min: converted(min), max: converted(max), unitOfMeasurement: unit, icon }
}

/** What the values of a type are; undefined for numbers. */
export function valueKindOf(type: string): ValueKind | undefined {
  return rowOf(type)?.[3]
}

/** A nap is shown as a night is. */
function rowOf(type: string): TypeRow | undefined {
  return FEATURE_TYPES.get(typeInNight(type) ?? type)
}

/** `segment_fat_mass` and `left_arm` → `Segment fat mass, left arm`, in the words of the catalogue. */
export function nameOf(wording: Wording, type: string, position?: string): string {
  const night = typeInNight(type)
  if (night !== undefined) return `${wording('nap', 'Nap:')} ${nameOf(wording, night, position)}`
  const plain = type.replaceAll('_', ' ')
  const name = wording(`measure.${type}`, plain.charAt(0).toUpperCase() + plain.slice(1))
  if (position === undefined) return name
  return `${name}, ${wording(`position.${position}`, position.replaceAll('_', ' '))}`
}

/** The name with the unit where an announcement cannot carry it to Gladys: `Weight (kg)`, but `Fat ratio`. */
export function announcedName(wording: Wording, name: string, unit: string | null): string {
  return unit !== null && unitsKeptByDiscovery.has(unit) ? name : nameWithUnit(wording, name, unit)
}

/** `Weight (kg)`; the name as it is where it says the unit already, or where there is none. */
export function nameWithUnit(wording: Wording, name: string, unit: string | null): string {
  if (unit === null || unitsInNames.has(unit)) return name
  return `${name} (${wording(`unit.${unitKey(unit)}`, unit)})`
}
