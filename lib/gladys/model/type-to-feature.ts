import { typeInNight } from '../../withings/readings/reading'
import { FEATURE_ROWS, type FeatureRow, type ValueKind } from './feature-icons-and-ranges'

/** What Gladys (gladys.md, "Categories, types and units") and Home Assistant make of a type of reading. */
export interface FeatureMapping {
  category:
    'battery' | 'temperature-sensor' | 'duration' | 'distance-sensor' | 'motion-sensor' | 'text' | 'unknown'
  type: 'integer' | 'decimal' | 'binary' | 'text' | 'unknown'
  /** Gladys's name of the unit; null where it has none and the feature's name has to show it. */
  unit: string | null
  /** Home Assistant's kind of entity; null for texts, which Gladys does not take from an announcement. */
  platform: 'sensor' | 'binary_sensor' | null
  /** Home Assistant's; null where it would be wrong in Gladys (`pressure` is air pressure there). */
  deviceClass: 'battery' | 'temperature' | 'weight' | 'duration' | 'distance' | 'occupancy' | null
  /**
   * Gladys needs one to accept a number without a unit. `measurement` for daily totals too: `total` needs the midnight
   * it started at with each value, and `total_increasing` takes a downward correction for a new day.
   */
  stateClass: 'measurement' | null
  /** Chart range in the unit of the reading; not enforced on states. */
  min: number
  max: number
  icon: string
}

type Category = Omit<FeatureMapping, 'min' | 'max' | 'icon'>

const PLAIN: Category = {
  category: 'unknown',
  type: 'unknown',
  unit: null,
  platform: 'sensor',
  deviceClass: null,
  stateClass: 'measurement'
}
const BINARY: Category = { ...PLAIN, type: 'binary', platform: 'binary_sensor', stateClass: null }
const MASS: Category = { ...PLAIN, deviceClass: 'weight' }
const DECIMAL: Category = { ...PLAIN, type: 'decimal' }
const TEMPERATURE: Category = { ...DECIMAL, category: 'temperature-sensor', deviceClass: 'temperature' }
const DISTANCE: Category = { ...DECIMAL, category: 'distance-sensor', deviceClass: 'distance' }
const DURATION: Category = { ...DECIMAL, category: 'duration', deviceClass: 'duration' }

/** A unit that is not here means a plain number. */
const byUnit = new Map<string | null, Category>([
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

const byValueKind: Readonly<Record<ValueKind, Category>> = {
  battery: { ...PLAIN, category: 'battery', type: 'integer', unit: 'percent', deviceClass: 'battery' },
  // What Gladys itself makes of an announced occupancy.
  presence: { ...BINARY, category: 'motion-sensor', deviceClass: 'occupancy' },
  text: { ...PLAIN, category: 'text', type: 'text', platform: null, stateClass: null }
}

const UNKNOWN_TYPE: FeatureRow = [0, 1000, 'mdi:gauge']

/** The ranges are metric; a chart in imperial units needs them converted. */
const fromMetric = new Map<string | null, (value: number) => number>([
  ['lb', kilograms => Math.ceil(kilograms * 2.20462)],
  ['ft', metres => Math.ceil(metres * 3.28084)],
  ['mi', metres => Math.ceil(metres / 1609.344)],
  ['ft/s', speed => Math.ceil(speed * 3.28084)],
  ['°F', celsius => celsius * 1.8 + 32]
])

/** How to show readings of this type and unit; an unknown type becomes a plain number with its unit. */
export function mappingOf(type: string, unit: string | null): FeatureMapping {
  const [min, max, icon, kind] = rowOf(type) ?? UNKNOWN_TYPE
  const converted = fromMetric.get(unit) ?? (value => value)
  const category = kind === undefined ? (byUnit.get(unit) ?? PLAIN) : byValueKind[kind]
  return { ...category, min: converted(min), max: converted(max), icon }
}

/** What the values of a type are; undefined for numbers. */
export function valueKindOf(type: string): ValueKind | undefined {
  return rowOf(type)?.[3]
}

/** A nap is shown as a night is. */
function rowOf(type: string): FeatureRow | undefined {
  return FEATURE_ROWS.get(typeInNight(type) ?? type)
}
