import { deviceId, type Profile, profiles, zoneOf } from './profiles'
import { Random } from './random'
import type { JsonObject, WorkoutRow } from './types'
import { dayIn } from './zones'

const day = 86_400
const usual = [1, 2, 6, 7, 18, 307, 498]
const swimming = 7
const multiSport = 272

/** What was seen in real answers, and what the next ones may bring (withings-api.md §5.3, §11.2 no. 29). */
const oddities: { ago: number; row: JsonObject; data?: JsonObject }[] = [
  { ago: 2, row: { category: 999 } },
  { ago: 5, row: { category: multiSport }, data: {} },
  { ago: 8, row: { category: 16, attrib: 7 }, data: { algo_pause_duration: null } },
  { ago: 11, row: { category: 1, model: 1056 } },
  { ago: 14, row: { category: 560 }, data: {} }
]

export function workoutsOf(profile: Profile, seed: number, now: number, days: number): WorkoutRow[] {
  const random = new Random(seed, `workouts ${profile.name}`)
  const rows: WorkoutRow[] = []
  // Each person has a range to themselves.
  let id = 700_000_000 + profiles.indexOf(profile) * 10_000_000
  for (let ago = days; ago >= 1; ago--) {
    const odd = profile.odd ? oddities.find(each => each.ago === ago) : undefined
    const likely = random.chance(profile.movement.workout)
    if (odd === undefined && !likely) {
      continue
    }
    const startdate = now - ago * day - random.integer(0, 36_000)
    const enddate = startdate + random.integer(600, 7200)
    const category = usual[random.integer(0, usual.length - 1)] ?? swimming
    const timezone = zoneOf(profile, ago)
    rows.push({
      id: (id += random.integer(1, 99)),
      category,
      timezone,
      ...deviceOf(profile, seed),
      attrib: 0,
      startdate,
      enddate,
      date: dayIn(timezone, startdate),
      modified: Math.min(enddate + random.integer(30, 9000), now - 60),
      data: dataOf(profile, random, category, enddate - startdate),
      ...odd?.row,
      ...(odd?.data && { data: odd.data })
    })
  }
  return rows.sort((a, b) => (a.id % 97) - (b.id % 97))
}

/** The model is a number here. */
export function deviceOf({ movement }: Profile, seed: number): JsonObject {
  if (movement.counter === 'scanwatch') {
    return { deviceid: deviceId(seed, 'scanwatch'), model: 93 }
  }
  return { deviceid: null, model: movement.counter === 'phone' ? 1053 : 1055 }
}

function dataOf({ movement }: Profile, random: Random, category: number, duration: number): JsonObject {
  const swims = category === swimming
  const heart = movement.counter === 'scanwatch' ? 1 : 0
  const average = random.integer(95, 140)
  const steps = random.integer(500, 9000)
  return {
    calories: Math.round(duration * 0.13 * 100) / 100,
    intensity: random.chance(0.5) ? 50 : 0,
    manual_distance: 0,
    manual_calories: 0,
    hr_average: heart * average,
    hr_min: heart * (average - 30),
    hr_max: heart * (average + 25),
    hr_zone_0: heart * random.integer(0, 600),
    hr_zone_1: heart * random.integer(0, 600),
    hr_zone_2: heart * random.integer(0, 300),
    hr_zone_3: 0,
    pause_duration: random.chance(0.3) ? random.integer(10, 300) : 0,
    algo_pause_duration: swims ? random.integer(0, 120) : null,
    spo2_average: random.chance(0.5) ? null : 0,
    ...(swims
      ? { pool_laps: random.integer(10, 60), strokes: random.integer(200, 1500), pool_length: 25 }
      : { steps, distance: Math.round(steps * 81.7) / 100, elevation: random.integer(0, 90) })
  }
}
