import { deviceId, type Profile } from './profiles'
import { hash, Random } from './random'
import type { HeartRow, Recordings, StethoRow } from './types'

const hour = 3600
const day = 86_400

interface Recorder {
  key: string
  model: number
  /** Chance of a recording in a day. */
  chance: number
  hasCuff: boolean
}

/** Who records what; the BPM Core was given away and is no longer among the devices. */
const recorders: Record<string, Recorder[]> = {
  Ada: [
    { key: 'bpm-core', model: 44, chance: 0.15, hasCuff: true },
    { key: 'body-scan', model: 10, chance: 0.1, hasCuff: false }
  ],
  Ben: [{ key: 'scanwatch', model: 93, chance: 0.3, hasCuff: false }]
}

/** Each person's stream of their own, so that the history of measures stays what it was. */
export function recordingsOf(profile: Profile, seed: number, now: number, days: number): Recordings {
  const random = new Random(seed, `recordings of ${profile.name}`)
  let signal = 48_000_000 + (hash(profile.name) % 1000) * 100_000
  const newSignal = () => (signal += random.integer(1, 40))
  const heart: HeartRow[] = []
  const stetho: StethoRow[] = []
  const midnight = now - (now % day)
  for (let ago = days; ago >= 1; ago--) {
    for (const recorder of recorders[profile.name] ?? []) {
      if (!random.chance(recorder.chance)) continue
      const timestamp = midnight - ago * day + random.integer(6 * hour, 22 * hour)
      const deviceid = deviceId(seed, recorder.key)
      const row = heartRow(random, recorder, newSignal, { deviceid, timestamp, timezone: profile.timezone })
      heart.push(row)
      if (row.stetho)
        stetho.push({ hash_deviceid: deviceid, ...row.stetho, timestamp, timezone: profile.timezone })
    }
  }
  const unsynced = new Set<number>()
  if (profile.odd) {
    for (const row of oddRows(deviceId(seed, 'bpm-core'), now, newSignal)) {
      heart.push(row)
      if (row.stetho) {
        const { timestamp, timezone = 'UTC' } = row
        stetho.push({ hash_deviceid: row.deviceid, ...row.stetho, timestamp, timezone })
      }
    }
    const waiting = heart.reduce((last, row) => (row.ecg && row.timestamp > last.timestamp ? row : last))
    if (waiting.ecg) unsynced.add(waiting.ecg.signalid)
  }
  const byRank = (a: { timestamp: number }, b: { timestamp: number }) =>
    hash(`${seed} ${a.timestamp}`) - hash(`${seed} ${b.timestamp}`)
  return { heart: heart.sort(byRank), stetho: stetho.sort(byRank), unsynced }
}

function heartRow(
  random: Random,
  { model, hasCuff }: Recorder,
  newSignal: () => number,
  base: Pick<HeartRow, 'deviceid' | 'timestamp' | 'timezone'>
): HeartRow {
  const rate = random.integer(54, 88)
  const ecg = { signalid: newSignal(), afib: random.chance(0.94) ? 0 : random.integer(1, 2) }
  const modified = base.timestamp + random.integer(20, 900)
  if (!hasCuff) return { ...base, model, ecg, heart_rate: rate, modified }
  return {
    ...base,
    model,
    ecg,
    bloodpressure: { diastole: random.integer(68, 90), systole: random.integer(112, 142) },
    stetho: { signalid: newSignal(), vhd: random.integer(0, 2) },
    heart_rate: rate,
    modified
  }
}

/** Once each what a list may leave out, or say in a way that no table has. */
function oddRows(deviceid: string, now: number, newSignal: () => number): HeartRow[] {
  const row = (hoursAgo: number, parts: Partial<HeartRow>): HeartRow => {
    const timestamp = now - hoursAgo * hour - 211
    return { deviceid, model: 44, modified: timestamp + 60, timestamp, timezone: 'Europe/Paris', ...parts }
  }
  const ecg = (afib: number) => ({ ecg: { signalid: newSignal(), afib } })
  const rate = (hoursAgo: number, is_deleted: boolean) => ({
    heart_rate: { grpid: 4_990_000_000 + hoursAgo, value: 71, date: now - hoursAgo * hour - 211, is_deleted }
  })
  return [
    row(6, { ...ecg(0), heart_rate: 64 }),
    row(30, { ...ecg(8), heart_rate: 66 }),
    row(31, { ...ecg(13), heart_rate: 0 }),
    row(54, { ...ecg(1), ...rate(54, true) }),
    row(78, { ...ecg(2), model: 4242 }),
    row(79, { bloodpressure: { diastole: 81, systole: 128 }, heart_rate: 68 }),
    row(80, { stetho: { signalid: newSignal(), vhd: 5 } }),
    row(102, { ...ecg(0), ...rate(102, false), timezone: 'Asia/Tokyo' }),
    row(103, { ...ecg(0), heart_rate: 70, timezone: 'Pacific/Honolulu' }),
    withoutZone(row(126, { ...ecg(0), heart_rate: 61 })),
    // Corrected weeks later; then one whose change is dated before the recording.
    row(1000, { ...ecg(0), heart_rate: 59, modified: now - 40 * hour }),
    row(150, { ...ecg(0), heart_rate: 63, modified: now - 5000 * hour })
  ]
}

function withoutZone({ timezone: _, ...row }: HeartRow): HeartRow {
  return row
}
