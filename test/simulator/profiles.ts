import { Random } from './random'
import type { Device } from './types'

const day = 86_400

export type ScaleKind = 'Body Scan' | 'Body Cardio' | 'Body+'

interface DeviceProfile {
  /** The same key in two profiles is the same thing on the bathroom floor. */
  key: string
  type: string
  model: string
  modelId: number
  battery: string
  sessions: boolean
}

/** How somebody moves, and who counts it. */
export interface Movement {
  counter: 'scanwatch' | 'phone' | 'google'
  /** On a usual day. */
  steps: number
  /** Chance of one in a day. */
  workout: number
  /** Null: none was ever set. */
  goals: { steps?: number; sleep?: number; weight?: { value: number; unit: number } } | null
  /** Where the days of a journey are counted: so many days before now. */
  journey?: { timezone: string; from: number; until: number }
}

export interface Profile {
  name: string
  userId: string
  timezone: string
  grams: number
  fatPercent: number
  /** Newest first; each serves until `daysAgo` before now. */
  scales: { key: string; kind: ScaleKind; modelId: number; daysAgo: number }[]
  /** Chance of each in a day. */
  habits: { weighIn: number; bloodPressure: number; temperature: number; watch: number }
  devices: DeviceProfile[]
  movement: Movement
  /** Whether the collection of oddities is part of the history. */
  odd: boolean
  /** The weigh-in of a few minutes ago. */
  newestGrams: number | null
}

const bodyScan: DeviceProfile = {
  key: 'body-scan',
  type: 'Scale',
  model: 'Body Scan',
  modelId: 10,
  battery: 'high',
  sessions: true
}
const bpmConnect: DeviceProfile = {
  key: 'bpm-connect',
  type: 'Blood Pressure Monitor',
  model: 'BPM Connect',
  modelId: 45,
  battery: 'unknown',
  sessions: true
}

export const profiles: Profile[] = [
  {
    name: 'Ada',
    userId: '30412907',
    timezone: 'Europe/Paris',
    grams: 83_200,
    fatPercent: 24.5,
    // The old scale was given away: getdevice no longer lists it, its groups stay.
    scales: [
      { key: 'body-scan', kind: 'Body Scan', modelId: 10, daysAgo: 0 },
      { key: 'body-cardio', kind: 'Body Cardio', modelId: 6, daysAgo: 540 }
    ],
    habits: { weighIn: 0.94, bloodPressure: 0.25, temperature: 0.04, watch: 0 },
    devices: [
      bodyScan,
      bpmConnect,
      {
        key: 'thermo',
        type: 'Smart Connected Thermometer',
        model: 'Thermo',
        modelId: 70,
        battery: 'low',
        sessions: true
      },
      bodyScan,
      { key: 'mat', type: 'Sleep Monitor', model: '', modelId: 13, battery: 'high', sessions: false },
      {
        key: 'mirror',
        type: 'Health Mirror',
        model: 'Omnia',
        modelId: 4242,
        battery: 'medium',
        sessions: true
      }
    ],
    movement: {
      counter: 'phone',
      steps: 6200,
      workout: 0.1,
      goals: { steps: 8000, sleep: 28_800, weight: { value: 78_500, unit: -3 } }
    },
    odd: true,
    newestGrams: 82_050
  },
  {
    name: 'Ben',
    userId: '2147483650',
    timezone: 'Europe/Paris',
    grams: 71_400,
    fatPercent: 17.2,
    scales: [{ key: 'body-scan', kind: 'Body Scan', modelId: 10, daysAgo: 0 }],
    habits: { weighIn: 0.5, bloodPressure: 0, temperature: 0, watch: 0.6 },
    devices: [
      bodyScan,
      {
        key: 'scanwatch',
        type: 'Activity Tracker',
        model: 'ScanWatch',
        modelId: 93,
        battery: 'medium',
        sessions: true
      }
    ],
    movement: {
      counter: 'scanwatch',
      steps: 9800,
      workout: 0.4,
      goals: { steps: 10_000 },
      journey: { timezone: 'Asia/Tokyo', from: 30, until: 20 }
    },
    odd: false,
    newestGrams: null
  },
  {
    name: 'Chloé',
    userId: '8120455',
    timezone: 'America/Guadeloupe',
    grams: 58_900,
    fatPercent: 28.1,
    scales: [{ key: 'body-plus', kind: 'Body+', modelId: 5, daysAgo: 0 }],
    habits: { weighIn: 0.3, bloodPressure: 0, temperature: 0, watch: 0 },
    devices: [
      { key: 'body-plus', type: 'Scale', model: 'Body+', modelId: 5, battery: 'low', sessions: true },
      {
        key: 'phone',
        type: 'HealthKit Google',
        model: 'GoogleFit tracker',
        modelId: 1055,
        battery: 'unknown',
        sessions: false
      }
    ],
    movement: { counter: 'google', steps: 7400, workout: 0.15, goals: null },
    odd: false,
    newestGrams: null
  },
  {
    name: 'Demo',
    userId: '1000001',
    timezone: 'Europe/London',
    grams: 76_000,
    fatPercent: 21,
    scales: [{ key: 'demo-body-plus', kind: 'Body+', modelId: 5, daysAgo: 0 }],
    habits: { weighIn: 0.7, bloodPressure: 0.2, temperature: 0, watch: 0 },
    devices: [
      { key: 'demo-body-plus', type: 'Scale', model: 'Body+', modelId: 5, battery: 'high', sessions: true },
      { ...bpmConnect, key: 'demo-bpm-connect', battery: 'high' }
    ],
    movement: { counter: 'phone', steps: 5000, workout: 0.1, goals: { steps: 7500, sleep: 27_000 } },
    odd: false,
    newestGrams: null
  }
]

export const demoName = 'Demo'

export function deviceId(seed: number, key: string): string {
  return new Random(seed, `device ${key}`).hex(40)
}

export function devicesOf(profile: Profile, seed: number, now: number, years: number): Device[] {
  return profile.devices.map(({ key, type, model, modelId, battery, sessions }) => ({
    type,
    model,
    model_id: modelId,
    battery,
    deviceid: deviceId(seed, key),
    hash_deviceid: deviceId(seed, key),
    timezone: profile.timezone,
    first_session_date: sessions ? now - Math.round(years * 365) * day : null,
    last_session_date: sessions ? now - 200 : null
  }))
}

/** Where somebody was so many days ago. */
export function zoneOf({ timezone, movement: { journey } }: Profile, ago: number): string {
  return journey !== undefined && ago <= journey.from && ago >= journey.until ? journey.timezone : timezone
}
