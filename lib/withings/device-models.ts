import { asInteger, asNumber, asText, type JsonObject } from './json'

const models: Readonly<Record<number, string>> = {
  1: 'Withings WBS01',
  2: 'WS30',
  3: 'Kid Scale',
  4: 'Smart Body Analyzer',
  5: 'Body+',
  6: 'Body Cardio',
  7: 'Body',
  9: 'Body Pro',
  10: 'Body Scan',
  11: 'WBS10',
  12: 'WBS11',
  14: 'Body',
  15: 'Body Comp',
  16: 'Body Smart',
  18: 'Body Comp',
  19: 'Body Scan 2',
  20: 'BodyFit',
  21: 'Smart Baby Monitor',
  22: 'Withings Home',
  41: 'Withings Blood Pressure Monitor V1',
  42: 'Withings Blood Pressure Monitor V2',
  43: 'Withings Blood Pressure Monitor V3',
  44: 'BPM Core',
  45: 'BPM Connect',
  46: 'BPM Connect Pro',
  47: 'BPM Pro 2',
  48: 'BPM Vision',
  51: 'Pulse',
  52: 'Activite',
  53: 'Activite (Pop, Steel)',
  54: 'Withings Go',
  55: 'Activite Steel HR',
  58: 'Pulse HR',
  59: 'Activite Steel HR Sport Edition',
  60: 'Aura Dock',
  61: 'Aura Sensor',
  62: 'Aura Dock',
  63: 'Aura Sensor V2',
  70: 'Thermo',
  71: 'BeamO',
  90: 'Move',
  91: 'Move ECG',
  92: 'Move ECG',
  93: 'ScanWatch',
  94: 'ScanWatch 2',
  95: 'ScanWatch Light',
  100: 'WUP01',
  1051: 'iOS step tracker',
  1052: 'iOS step tracker',
  1053: 'Android step tracker',
  1054: 'Android step tracker',
  1055: 'GoogleFit tracker',
  1056: 'Samsung Health tracker',
  1057: 'HealthKit step iPhone tracker',
  1058: 'HealthKit step Apple Watch tracker',
  1059: 'HealthKit other step tracker',
  1060: 'Google Health Connect',
  1061: 'Iglucose glucometer',
  1062: 'Huawei tracker',
  1063: 'Lingo Sensor'
}

/** Sources disagree on id 13: a nameless one is told apart by its kind (withings-api.md §8.2). */
const AMBIGUOUS_MODEL = 13
const modelsOf13 = new Map([
  ['scale', 'Body+'],
  ['sleep_monitor', 'Sleep Analyzer']
])

/** Name of a model id, `Withings <id>` for one that nobody knows yet. Never empty. */
export function modelName(modelId: number, type?: string): string {
  const name = modelId === AMBIGUOUS_MODEL && type !== undefined ? modelsOf13.get(type) : models[modelId]
  return name ?? `Withings ${modelId}`
}

/** `model` is text, in some answers the model id itself (withings-api.md §11.2 no. 9). */
export function modelOf(raw: JsonObject): string | null {
  const id = modelIdOf(raw)
  return modelTextOf(raw) ?? (id === undefined ? null : modelName(id))
}

/** What `model` says in words; a number is an id, also one sent as text. */
export function modelTextOf({ model }: JsonObject): string | undefined {
  return asNumber(model) === undefined ? asText(model) : undefined
}

/**
 * The id is spelled `modelid`, `model_id` or, as a number, `model` (§11.2 no. 8, 9); -1 is none (no. 10), and may stand
 * beside a good one. In records of sleep `model` is something else.
 */
export function modelIdOf({ model, modelid, model_id }: JsonObject): number | undefined {
  for (const candidate of [model, modelid, model_id]) {
    const id = asInteger(candidate)
    if (id !== undefined && id >= 0) return id
  }
  return undefined
}

/** Null where a phone or another brand counted, or a person typed it in. */
export function deviceIdOf(raw: JsonObject): string | null {
  return asText(raw.deviceid) ?? asText(raw.hash_deviceid) ?? null
}
