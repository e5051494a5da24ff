/** The types of each category that readings can use, and of some that they must not. Others are refused. */
export const categories: Readonly<Record<string, readonly string[]>> = {
  battery: ['integer', 'state'],
  'temperature-sensor': ['decimal', 'average-temperature', 'max-temperature', 'min-temperature'],
  duration: ['integer', 'decimal'],
  'distance-sensor': ['decimal', 'integer'],
  'motion-sensor': ['binary'],
  'presence-sensor': ['push'],
  'pressure-sensor': ['decimal', 'integer'],
  'humidity-sensor': ['decimal', 'integer'],
  switch: ['binary', 'power', 'energy', 'dimmer'],
  light: ['binary', 'brightness', 'color', 'temperature'],
  text: ['text', 'text-select'],
  unknown: ['unknown']
}

/** Gladys knows no kg, lb, bpm, mmHg, kcal or steps. */
export const units: ReadonlySet<string> = new Set([
  'percent',
  'celsius',
  'fahrenheit',
  'kelvin',
  'seconds',
  'minutes',
  'hours',
  'milliseconds',
  'm',
  'km',
  'cm',
  'mm',
  'inch',
  'feet',
  'mile',
  'hPa',
  'kPa',
  'bar',
  'km/h',
  'm/s',
  'watt',
  'kilowatt-hour',
  'volt',
  'ampere',
  'lux'
])

/** What discovery takes over from Home Assistant's `unit_of_measurement`; every other unit is dropped. */
export const discoveryUnits: Readonly<Record<string, string>> = {
  '%': 'percent',
  '°C': 'celsius',
  '°F': 'fahrenheit',
  hPa: 'hPa',
  'km/h': 'km/h'
}

/** What discovery makes of a sensor's `device_class`; without a known one it is `unknown` (homeAssistant/constants.js). */
export const discoveryClasses: Readonly<Record<string, readonly [category: string, type: string]>> = {
  battery: ['battery', 'integer'],
  temperature: ['temperature-sensor', 'decimal'],
  humidity: ['humidity-sensor', 'decimal'],
  pressure: ['pressure-sensor', 'decimal'],
  duration: ['duration', 'decimal']
}

/** What discovery makes of a binary sensor's `device_class`; every other one is a `switch`. */
export const discoveryBinaryClasses: Readonly<Record<string, string>> = {
  motion: 'motion-sensor',
  occupancy: 'motion-sensor',
  presence: 'motion-sensor',
  battery: 'battery-low'
}
