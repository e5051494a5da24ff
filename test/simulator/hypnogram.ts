import { hash, Random } from './random'
import type { JsonObject, NightRow } from './types'

/** A piece of a night; while nobody lies in bed there is none. */
export interface Piece {
  start: number
  end: number
  state: number
}

export const state = { awake: 0, light: 1, deep: 2, rem: 3, manual: 4 }

const minute = 60

/** A night as a sleep laboratory would draw it: falling asleep, cycles, lying awake. The same row, the same night. */
export function piecesOf(seed: number, { id, startdate, enddate }: NightRow): Piece[] {
  const random = new Random(seed, `night ${id}`)
  const length = Math.floor((enddate - startdate) / minute)
  const pieces: Piece[] = []
  let at = startdate
  const lie = (kind: number, minutes: number) => {
    if (minutes > 0) pieces.push({ start: at, end: at + minutes * minute, state: kind })
    at += minutes * minute
  }
  const left = () => Math.floor((enddate - at) / minute)
  const lying = Math.min(random.integer(3, 12), Math.floor(length / 8))
  lie(state.awake, Math.min(random.integer(4, 24), Math.floor(length / 6)))
  const leaves = random.chance(0.2) && length > 300
  while (left() > lying) {
    const asleep = () => left() - lying
    lie(state.light, Math.min(random.integer(15, 40), asleep()))
    lie(state.deep, Math.min(random.integer(10, 35), asleep()))
    lie(state.light, Math.min(random.integer(5, 20), asleep()))
    lie(state.rem, Math.min(random.integer(8, 28), asleep()))
    if (random.chance(0.35) && asleep() > 30) {
      lie(state.awake, random.integer(1, 6))
      if (leaves && pieces.length > 8) at += random.integer(3, 9) * minute
    }
  }
  lie(state.awake, left())
  const last = pieces.at(-1)
  if (last) last.end = enddate
  return pieces
}

/** Names of the maps that a piece may carry. */
export const seriesNames = [
  ...['hr', 'rr', 'snoring', 'sdnn_1', 'rmssd', 'hrv_quality', 'mvt_score', 'chest_movement_rate'],
  ...['withings_index', 'breathing_sounds']
]

const levels: Record<string, (draw: number) => number> = {
  hr: draw => 48 + (draw % 22),
  rr: draw => 12 + (draw % 7),
  // Snoring in that minute, or none.
  snoring: draw => (draw % 5 === 0 ? 1 : 0),
  // Often nothing could be told.
  sdnn_1: draw => (draw % 3 === 0 ? 0 : 20 + (draw % 60)),
  rmssd: draw => (draw % 3 === 0 ? 0 : 18 + (draw % 50)),
  mvt_score: draw => (draw % 7 === 0 ? draw % 256 : 0)
}

/** Maps of one piece by the minute; those of features that this device lacks never come. */
export function seriesOf({ start, end }: Piece, names: string[]): JsonObject {
  const series: JsonObject = {}
  for (const name of names) {
    const level = levels[name]
    if (level === undefined) continue
    const map: JsonObject = {}
    for (let at = start; at < end; at += minute) map[String(at)] = level(hash(`${name} ${at}`))
    series[name] = map
  }
  return series
}
