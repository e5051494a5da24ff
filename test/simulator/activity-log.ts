import { type Movement, type Profile, zoneOf } from './profiles'
import { Random } from './random'
import { samplesOf } from './samples'
import type { ActivityLog, ActivityRow, JsonObject } from './types'
import { workoutsOf } from './workouts'
import { dayIn, midnightIn } from './zones'

const day = 86_400

/** What each kind of counter says of itself in a day. */
export const counters: Record<Movement['counter'], () => JsonObject> = {
  // Days tell the model of a watch, never which one it is (withings-api.md §13 no. 2).
  scanwatch: () => ({
    deviceid: null,
    hash_deviceid: null,
    brand: 1,
    is_tracker: true,
    modelid: 93,
    model: 'ScanWatch'
  }),
  phone: () => ({
    deviceid: null,
    hash_deviceid: null,
    brand: 1,
    is_tracker: false,
    modelid: 1053,
    model: 'Android step tracker'
  }),
  google: () => ({
    deviceid: null,
    hash_deviceid: null,
    brand: 18,
    is_tracker: false,
    modelid: 1055,
    model: 'GoogleFit tracker'
  })
}

const samsung: JsonObject = { brand: 18, is_tracker: false, modelid: 1056, model: 'Samsung Health tracker' }
const withoutHeart = ['hr_average', 'hr_min', 'hr_max', 'hr_zone_0', 'hr_zone_1', 'hr_zone_2', 'hr_zone_3']

/** Days before now, and what is odd about them (withings-api.md §11.2 no. 10, 27, 28, 36). */
const oddDays = new Map<number, (row: ActivityRow) => ActivityRow[]>([
  [3, row => [{ ...row, ...samsung }]],
  [4, row => [row, { ...row, ...samsung, steps: 4321, modified: row.modified + 7 }]],
  [6, row => [without(row, withoutHeart)]],
  [7, row => [{ ...row, modelid: -1, model: null }]],
  [9, row => [{ ...row, ...stillness }]]
])
/** Another maker counted beside a watch; a watch under the brand of others is its person's own (§13 no. 16). */
const watchDays = new Map<number, (row: ActivityRow) => ActivityRow[]>([
  [5, row => [row, without({ ...row, ...samsung, steps: 5432, modified: row.modified + 7 }, withoutHeart)]],
  [8, row => [{ ...row, brand: 18 }]]
])
const usualDays: typeof oddDays = new Map()
const stillness: JsonObject = {
  ...{ steps: 0, distance: 0, elevation: 0, soft: 0, moderate: 0, intense: 0, active: 0, calories: 0 },
  totalcalories: 1784.49
}

export function activityOf(profile: Profile, seed: number, now: number, days: number): ActivityLog {
  const random = new Random(seed, `activity ${profile.name}`)
  const rows: ActivityRow[] = []
  for (let ago = days; ago >= 0; ago--) {
    const row = dayOf(profile, random, now, ago)
    // The end of a journey to the east is a day that begins twice.
    if (rows.some(({ date }) => date === row.date)) {
      continue
    }
    rows.push(...(oddOf(profile).get(ago)?.(row) ?? [row]))
  }
  return {
    // Neither in order nor the other way round.
    days: rows.sort((a, b) => rank(a) - rank(b)),
    workouts: workoutsOf(profile, seed, now, days),
    samples: samplesOf(profile, seed, now, Math.min(days, 10)),
    goals: profile.movement.goals
  }
}

function oddOf({ odd, movement }: Profile): typeof oddDays {
  if (odd) return oddDays
  return movement.counter === 'scanwatch' ? watchDays : usualDays
}

function dayOf(profile: Profile, random: Random, now: number, ago: number): ActivityRow {
  const { movement } = profile
  const timezone = zoneOf(profile, ago)
  const date = dayIn(timezone, now - ago * day)
  const steps = Math.round(movement.steps * (1 + random.around(0.6)))
  const [moderate, intense] = [60 * random.integer(5, 60), 60 * random.integer(0, 30)]
  const average = random.integer(58, 84)
  const heart = movement.counter === 'scanwatch' ? 1 : 0
  const calories = Math.round(steps * 3.7) / 100
  return {
    date,
    timezone,
    ...counters[movement.counter](),
    modified: ago === 0 ? now - 300 : midnightIn(timezone, date) + day + random.integer(600, 30_000),
    steps,
    distance: Math.round(steps * 73.1) / 100,
    elevation: random.integer(0, 120),
    soft: 60 * random.integer(60, 240),
    moderate,
    intense,
    active: moderate + intense,
    calories,
    totalcalories: Math.round((1690 + calories) * 1000) / 1000,
    hr_average: heart * average,
    hr_min: heart * (average - random.integer(8, 16)),
    hr_max: heart * (average + random.integer(30, 80)),
    hr_zone_0: heart * random.integer(20_000, 60_000),
    hr_zone_1: heart * random.integer(0, 6000),
    hr_zone_2: heart * random.integer(0, 1200),
    hr_zone_3: heart * random.integer(0, 90)
  }
}

function without(row: ActivityRow, fields: string[]): ActivityRow {
  return { ...row, ...Object.fromEntries(fields.map(field => [field, undefined])) }
}

function rank({ date, modified }: ActivityRow): number {
  return (Number(date.replaceAll('-', '')) * 7919 + modified) % 1009
}
