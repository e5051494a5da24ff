import { dataOf, sleeperOf } from './nights'
import { deviceId } from './profiles'
import type { NewNight, NightRow, Person } from './types'
import { secondsOf, type World } from './world'
import { dayIn } from './zones'

/** A night that is listed from now on, scored unless it says otherwise; gives its id. */
export function addNight(world: World, person: Person, night: NewNight): number {
  const { scored = true, ...parts } = night
  const sleeper = sleeperOf(person.name)
  const now = secondsOf(world.clock)
  const timezone = parts.timezone ?? person.timezone
  const row: NightRow = {
    id: world.newNightId(),
    timezone,
    model: sleeper.model,
    model_id: sleeper.modelId,
    hash_deviceid: sleeper.key === null ? null : deviceId(world.seed, sleeper.key),
    date: dayIn(timezone, parts.enddate),
    created: Math.min(now, parts.enddate - 60),
    modified: now,
    completed: scored,
    data: {},
    ...parts
  }
  row.data = { ...dataOf(world.seed, row, scored), ...parts.data }
  person.sleep.unshift(row)
  return row.id
}

/** Withings is done with a night: it has its score now. */
export function scoreNight(world: World, person: Person, id: number, score: number): void {
  const row = nightOf(person, id)
  editNight(world, person, id, { completed: true, data: { ...row.data, sleep_score: score } })
}

export function editNight(world: World, person: Person, id: number, change: Partial<NightRow>): void {
  Object.assign(nightOf(person, id), { modified: secondsOf(world.clock) }, change)
}

function nightOf(person: Person, id: number): NightRow {
  const row = person.sleep.find(each => each.id === id)
  if (row === undefined) {
    throw new Error(`${person.name} has no night ${id}`)
  }
  return row
}
