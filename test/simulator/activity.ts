import { giveOffset, startOf } from './offsets'
import { type Envelope, success } from './replies'
import type { Json, JsonObject, Person } from './types'
import type { ApiRequest, World } from './world'
import { isDay } from './zones'

const integer = /^\d{1,12}$/
const longest = 86_400

const heart = ['hr_average', 'hr_min', 'hr_max', 'hr_zone_0', 'hr_zone_1', 'hr_zone_2', 'hr_zone_3']

/** What `data_fields` may name (withings-api.md §5); without it, none of them comes. */
const fieldsOf = {
  day: [
    ...['steps', 'distance', 'elevation', 'soft', 'moderate', 'intense', 'active', 'calories'],
    ...['totalcalories', ...heart]
  ],
  workout: [
    ...['calories', 'intensity', 'manual_intensity', 'manual_distance', 'manual_calories', ...heart],
    ...['pause_duration', 'algo_pause_duration', 'spo2_average', 'core_body_temperature_avg'],
    ...['core_body_temperature_min', 'core_body_temperature_max', 'core_body_temperature_status', 'steps'],
    ...['distance', 'elevation', 'pool_laps', 'strokes', 'pool_length']
  ],
  sample: [
    ...['steps', 'elevation', 'calories', 'distance', 'stroke', 'pool_lap', 'duration', 'heart_rate'],
    ...['spo2_auto', 'rmssd', 'sdnn1', 'hrv_quality', 'core_body_temperature', 'rr', 'chest_movement_rate']
  ]
}

export function getActivity(world: World, person: Person, request: ApiRequest): Envelope | null {
  const unwanted = unwantedFields(request, fieldsOf.day)
  const page = unwanted && pageOf(world, person, request, person.activity.days)
  return page && success({ activities: page.rows.map(row => omit(row, unwanted)), ...page.end })
}

export function getWorkouts(world: World, person: Person, request: ApiRequest): Envelope | null {
  const unwanted = unwantedFields(request, fieldsOf.workout)
  const page = unwanted && pageOf(world, person, request, person.activity.workouts)
  return (
    page &&
    success({ series: page.rows.map(row => ({ ...row, data: omit(row.data, unwanted) })), ...page.end })
  )
}

/** Nothing comes that lies more than a day after the start, and no word about it. */
export function getIntradayActivity(world: World, person: Person, request: ApiRequest): Envelope | null {
  const now = Math.floor(world.clock.now() / 1000)
  const { startdate = String(now - longest), enddate = String(now) } = request.params
  const isHalf = (request.params.startdate === undefined) !== (request.params.enddate === undefined)
  const unwanted = unwantedFields(request, fieldsOf.sample)
  if (unwanted === null || isHalf || !integer.test(startdate) || !integer.test(enddate)) {
    return null
  }
  const [from, until] = [Number(startdate), Math.min(Number(enddate), Number(startdate) + longest)]
  if (Number(enddate) < from) {
    return null
  }
  const series: JsonObject = {}
  for (const [time, fields] of person.activity.samples)
    if (time >= from && time <= until) series[time] = omit(fields, unwanted)
  return success({ series })
}

interface Page<R> {
  rows: R[]
  end: JsonObject
}

/** `more` is a boolean here, and beside `false` there may be an offset all the same. */
function pageOf<R extends { date: string; modified: number }>(
  world: World,
  person: Person,
  request: ApiRequest,
  all: R[]
): Page<R> | null {
  const filter = filterOf(request.params)
  const start = startOf(world, person, request)
  if (filter === null || start === null) {
    return null
  }
  const found = all.filter(filter)
  const rows = found.slice(start, start + world.pageSize)
  const next = start + rows.length
  const more = next < found.length
  return { rows, end: { more, offset: more || start > 0 ? giveOffset(world, person, request, next) : 0 } }
}

/** Either both days, the first not after the last, or `lastupdate`. */
function filterOf({ startdateymd, enddateymd, lastupdate }: Record<string, string>) {
  if (lastupdate !== undefined) {
    const isAlone = startdateymd === undefined && enddateymd === undefined && integer.test(lastupdate)
    return isAlone ? ({ modified }: { modified: number }) => modified >= Number(lastupdate) : null
  }
  if (startdateymd === undefined || enddateymd === undefined) {
    return null
  }
  if (!isDay(startdateymd) || !isDay(enddateymd) || enddateymd < startdateymd) {
    return null
  }
  return ({ date }: { date: string }) => date >= startdateymd && date <= enddateymd
}

/** Null when a name is asked for that no document knows. */
function unwantedFields({ params }: ApiRequest, known: string[]): string[] | null {
  const wanted = params.data_fields?.split(',') ?? []
  return wanted.every(field => known.includes(field)) ? known.filter(field => !wanted.includes(field)) : null
}

function omit(fields: Record<string, Json | undefined>, names: string[]): JsonObject {
  const left = Object.entries(fields).filter(([name, value]) => value !== undefined && !names.includes(name))
  return Object.fromEntries(left) as JsonObject
}
