import type { ActivityRow, JsonObject, Person, WorkoutRow } from './types'
import { secondsOf, type World } from './world'
import { dayIn } from './zones'

/** A row like one of those that are there, in a place of its own. */
export function putDay(world: World, person: Person, row: { date: string } & JsonObject): void {
  const { days } = person.activity
  const changed = { modified: secondsOf(world.clock), ...row }
  const place = days.findIndex(({ date, brand }) => date === row.date && brand === (row.brand ?? brand))
  if (place >= 0) {
    days[place] = { ...(days[place] as ActivityRow), ...changed }
    return
  }
  days.splice(Math.floor(days.length / 2), 0, { timezone: person.timezone, brand: 1, ...changed })
}

export function addWorkout(world: World, person: Person, row: Partial<WorkoutRow>): number {
  const now = secondsOf(world.clock)
  const { workouts } = person.activity
  const { startdate = now - 1800 } = row
  const added: WorkoutRow = {
    id: world.newGroupId(),
    category: 1,
    timezone: person.timezone,
    deviceid: null,
    model: 1053,
    attrib: 0,
    startdate,
    enddate: now,
    date: dayIn(person.timezone, startdate),
    modified: now,
    data: {},
    ...(row as JsonObject)
  }
  workouts.splice(Math.floor(workouts.length / 2), 0, added)
  return added.id
}

export function editWorkout(world: World, person: Person, id: number, change: Partial<WorkoutRow>): void {
  const workout = person.activity.workouts.find(each => each.id === id)
  if (workout === undefined) {
    throw new Error(`${person.name} has no workout ${id}`)
  }
  Object.assign(workout, { modified: secondsOf(world.clock) }, change)
}

export function putSample(person: Person, time: number, fields: JsonObject): void {
  const { activity } = person
  activity.samples.set(time, { ...activity.samples.get(time), ...fields })
}
