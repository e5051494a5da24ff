import { type Piece, state } from './hypnogram'
import { Random } from './random'
import type { JsonObject, NightRow } from './types'

/** What getsummary says of a night that a device recorded, from its pieces. */
export function summaryOf(seed: number, row: NightRow, pieces: Piece[], scored: boolean): JsonObject {
  const random = new Random(seed, `summary ${row.id}`)
  const seconds = (kind: number) =>
    pieces.filter(piece => piece.state === kind).reduce((sum, { start, end }) => sum + end - start, 0)
  const [first, last] = [pieces[0], pieces.at(-1)]
  const lengthOf = (piece?: Piece) => (piece ? piece.end - piece.start : 0)
  const [light, deep, rem, awake] = [state.light, state.deep, state.rem, state.awake].map(seconds) as [
    number,
    number,
    number,
    number
  ]
  const asleep = light + deep + rem
  const awakenings = pieces.slice(1, -1).filter(piece => piece.state === state.awake)
  const heart = random.integer(52, 64)
  const breath = random.integer(13, 17)
  const isMat = row.model === 32
  // -1 where somebody slept less than 5 h (withings-api.md §13).
  const ofBreathing = (value: number) => (isMat ? (asleep < 18_000 ? -1 : value) : null)
  return {
    total_timeinbed: asleep + awake,
    total_sleep_time: asleep,
    lightsleepduration: light,
    deepsleepduration: deep,
    remsleepduration: rem,
    sleep_efficiency: Math.round((asleep / (asleep + awake)) * 100) / 100,
    sleep_latency: lengthOf(first),
    wakeup_latency: lengthOf(last),
    durationtosleep: lengthOf(first),
    durationtowakeup: lengthOf(last),
    wakeupduration: awake,
    wakeupcount: awakenings.length,
    waso: awake - lengthOf(first) - lengthOf(last),
    nb_rem_episodes: pieces.filter(piece => piece.state === state.rem).length,
    out_of_bed_count: gapsOf(pieces).length,
    breathing_disturbances_intensity: ofBreathing(random.integer(4, 28)),
    apnea_hypopnea_index: ofBreathing(random.integer(1, 9)),
    hr_average: heart,
    hr_min: heart - random.integer(4, 9),
    hr_max: heart + random.integer(14, 32),
    rr_average: breath,
    rr_min: breath - random.integer(2, 4),
    rr_max: breath + random.integer(3, 7),
    snoring: isMat ? 60 * random.integer(0, 40) : 0,
    snoringepisodecount: isMat ? random.integer(0, 9) : 0,
    sleep_score: scored ? random.integer(58, 94) : null,
    night_events: eventsOf(row, pieces),
    mvt_score_avg: isMat ? random.integer(3, 30) : null,
    mvt_active_duration: isMat ? 60 * random.integer(2, 20) : null,
    rmssd_start_avg: isMat ? 0 : random.integer(22, 60),
    rmssd_end_avg: isMat ? 0 : random.integer(22, 60),
    core_body_temperature_status: isMat ? null : 'usual'
  }
}

/** Without `data_fields` there is nothing but these (withings-api.md §6.2). */
export const shortSummary = [
  ...['total_timeinbed', 'total_sleep_time', 'lightsleepduration', 'deepsleepduration', 'remsleepduration'],
  ...['durationtosleep', 'durationtowakeup', 'wakeupduration', 'wakeupcount']
]

export const summaryFields = [
  ...shortSummary,
  ...['asleepduration', 'sleep_efficiency', 'sleep_latency', 'wakeup_latency', 'waso', 'nb_rem_episodes'],
  ...['out_of_bed_count', 'breathing_disturbances_intensity', 'breathing_quality_assessment'],
  ...['apnea_hypopnea_index', 'withings_index', 'hr_average', 'hr_min', 'hr_max', 'rr_average', 'rr_min'],
  ...['rr_max', 'chest_movement_rate_wellness_average', 'chest_movement_rate_wellness_min'],
  ...['chest_movement_rate_wellness_max', 'chest_movement_rate_average', 'chest_movement_rate_min'],
  ...['chest_movement_rate_max', 'snoring', 'snoringepisodecount', 'breathing_sounds'],
  ...['breathing_sounds_episode_count', 'sleep_score', 'night_events', 'mvt_score_avg'],
  ...['mvt_active_duration', 'rmssd_start_avg', 'rmssd_end_avg', 'core_body_temperature_min'],
  ...['core_body_temperature_max', 'core_body_temperature_avg', 'core_body_temperature_status']
]

/** Where nobody lay in bed. */
function gapsOf(pieces: Piece[]): Piece[] {
  return pieces.flatMap((piece, index) => {
    const next = pieces[index + 1]
    return next && next.start > piece.end ? [{ start: piece.end, end: next.start, state: -1 }] : []
  })
}

/** A dictionary as text; within a type each number counts from the one before. */
function eventsOf({ startdate, enddate }: NightRow, pieces: Piece[]): string {
  const gaps = gapsOf(pieces)
  const awakenings = pieces.filter(piece => piece.state === state.awake)
  const times: [type: string, at: number[]][] = [
    ['1', [startdate, ...gaps.map(({ end }) => end)]],
    ['2', awakenings.slice(0, -1).map(({ end }) => end)],
    ['3', awakenings.slice(1).map(({ start }) => start)],
    ['4', [...gaps.map(({ start }) => start), enddate]]
  ]
  return JSON.stringify(Object.fromEntries(times.map(([type, at]) => [type, deltas(startdate, at)])))
}

function deltas(from: number, times: number[]): number[] {
  return times.map((time, index) => time - (times[index - 1] ?? from))
}
