import type { NightRow } from './types'

/** Somebody gets into or out of a bed with a mat. */
export interface BedMove {
  deviceId: string
  inBed: boolean
  /** Unix seconds. */
  at: number
}

const sleepAnalyzer = { model: 32, model_id: 63 }

/**
 * The nights of a person as getsummary tells them: one from each time of getting in to the last one of getting out
 * before the next, with the events as JSON text, each counted from the one before (withings-api.md §6.2).
 */
export function nightsOf(moves: readonly BedMove[], timezone: string): NightRow[] {
  const mats = [...new Set(moves.map(({ deviceId }) => deviceId))]
  return mats.flatMap((mat, index) => {
    const own = moves.filter(({ deviceId }) => deviceId === mat).sort((a, b) => a.at - b.at)
    const first = own.find(({ inBed }) => inBed)
    const last = own.at(-1)
    if (first === undefined || last === undefined) {
      return []
    }
    const steps = (inBed: boolean): number[] => {
      let before = first.at
      return own
        .filter(move => move.inBed === inBed && move.at >= first.at)
        .map(({ at }) => {
          const step = at - before
          before = at
          return step
        })
    }
    return [
      {
        id: 4_000_000 + index,
        timezone,
        ...sleepAnalyzer,
        startdate: first.at,
        enddate: last.at,
        date: new Date(last.at * 1000).toISOString().slice(0, 10),
        created: last.at,
        modified: last.at + 60,
        hash_deviceid: mat,
        completed: !last.inBed,
        data: { night_events: JSON.stringify({ 1: steps(true), 4: steps(false) }) }
      }
    ]
  })
}
