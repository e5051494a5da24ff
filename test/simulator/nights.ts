import { piecesOf } from './hypnogram'
import { summaryOf } from './night-summary'
import { deviceId, type Profile } from './profiles'
import { hash, Random } from './random'
import type { NightRow } from './types'
import { dayIn, midnightIn } from './zones'

const minute = 60
const hour = 3600
const day = 86_400

interface Sleeper {
  /** Key of the device; null where another maker's app tells how long somebody slept, and nothing else. */
  key: string | null
  model: number
  modelId: number
}

const sleepers: Record<string, Sleeper> = {
  Ada: { key: 'mat', model: 32, modelId: 13 },
  Ben: { key: 'scanwatch', model: 16, modelId: 93 },
  Chloé: { key: null, model: 16, modelId: 1055 },
  Demo: { key: 'demo-mat', model: 32, modelId: 63 }
}

/** Far apart, so that added ones never meet generated ones. */
const firstId = 3_900_000_000

/** Nights until now, some of them split, naps, and once each what is odd; a stream of their own. */
export function sleepOf(profile: Profile, seed: number, now: number, days: number): NightRow[] {
  const random = new Random(seed, `sleep of ${profile.name}`)
  let id = firstId + (hash(profile.name) % 1000) * 20_000
  const rows: NightRow[] = []
  const add = (start: number, end: number, change: Partial<NightRow> = {}) => {
    if (end > now - 10 * minute) return
    rows.push(nightRow(profile, seed, { id: (id += random.integer(1, 9)), start, end, now, random }, change))
  }
  for (let ago = days; ago >= 0; ago--) {
    const today = midnightIn(profile.timezone, dayIn(profile.timezone, now - ago * day))
    const start = today - minute * random.integer(20, 110)
    const end = start + minute * random.integer(350, 530)
    const waking = start + minute * random.integer(150, 260)
    if (random.chance(0.06)) {
      add(start, waking)
      add(waking + minute * random.integer(20, 45), end)
    } else if (random.chance(0.95)) add(start, end)
    const nap = today + 13 * hour + minute * random.integer(0, 90)
    if (random.chance(0.12)) add(nap, nap + minute * random.integer(25, 80))
  }
  if (profile.odd) {
    const [odd] = rows
    if (odd) odd.data = { ...odd.data, waso: -25_920 }
    const typedIn = now - 3 * day - 7 * hour
    add(typedIn, typedIn + 7 * hour, {
      hash_deviceid: null,
      data: { total_sleep_time: 7 * hour, night_events: '{"5":[0],"6":[25200]}', sleep_score: null }
    })
  }
  return rows.sort((a, b) => hash(`${seed} ${a.id}`) - hash(`${seed} ${b.id}`))
}

interface Bounds {
  id: number
  start: number
  end: number
  now: number
  random: Random
}

function nightRow(
  profile: Profile,
  seed: number,
  { id, start, end, now, random }: Bounds,
  change: Partial<NightRow>
): NightRow {
  const sleeper = sleeperOf(profile.name)
  // Made while the sleeper still slept, or when a watch met its phone again.
  const created = Math.min(
    random.chance(0.4) ? end - random.integer(60, 7200) : end + random.integer(60, day),
    now
  )
  const early = random.chance(0.38)
  const modified = early ? created - random.integer(60, 5000) : created + random.integer(0, 2 * day)
  const row: NightRow = {
    id,
    timezone: profile.timezone,
    model: sleeper.model,
    model_id: sleeper.modelId,
    hash_deviceid: sleeper.key === null ? null : deviceId(seed, sleeper.key),
    startdate: start,
    enddate: end,
    date: dayIn(profile.timezone, end),
    created,
    modified: Math.min(modified, now - 60),
    // Older records do not say.
    ...(now - end < 200 * day && { completed: true }),
    data: {}
  }
  row.data = dataOf(seed, row, true)
  return { ...row, ...change }
}

/** `data` with everything in it; the call leaves out what was not asked for. */
export function dataOf(seed: number, row: NightRow, scored: boolean): NightRow['data'] {
  if (row.hash_deviceid !== null) return summaryOf(seed, row, piecesOf(seed, row), scored)
  return {
    asleepduration: Math.round((row.enddate - row.startdate) * 0.92),
    lightsleepduration: null,
    deepsleepduration: null,
    remsleepduration: null
  }
}

export function sleeperOf(name: string): Sleeper {
  const sleeper = sleepers[name]
  if (sleeper === undefined) {
    throw new Error(`Nobody knows how ${name} sleeps`)
  }
  return sleeper
}
