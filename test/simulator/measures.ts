import { changeBetweenPages } from './groups'
import { giveOffset, startOf } from './offsets'
import { type Envelope, success } from './replies'
import type { JsonObject, Measure, MeasureGroup, Person } from './types'
import { type ApiRequest, secondsOf, type World } from './world'

const integer = /^\d{1,12}$/
const integerList = /^\d+(,\d+)*$/
const goals = 2

interface Filter {
  types: Set<number> | null
  categories: Set<number>
  start: number
  end: number
  changedSince: number
}

export function getMeas(world: World, person: Person, request: ApiRequest): Envelope | null {
  const filter = parseFilter(request.params)
  const start = filter && startOf(world, person, request)
  if (filter === null || start === null) {
    return null
  }
  if (world.faults.take('mixed-categories', request) !== undefined) {
    filter.categories.add(goals)
  }
  const groups = select(person.groups, filter)
  const page = groups.slice(start, start + world.pageSize)
  const next = start + page.length
  const body: JsonObject = {
    updatetime: secondsOf(world.clock),
    timezone: person.timezone,
    measuregrps: [...(world.faults.take('extra-groups', request)?.groups ?? []), ...page.map(toJson)]
  }
  const more = next < groups.length
  if (more || start > 0) {
    body.more = more ? 1 : 0
    body.offset = giveOffset(world, person, request, next)
  }
  if (more) {
    const fault = world.faults.take('page-change', request)
    if (fault !== undefined) {
      changeBetweenPages(world, person, fault.change, page)
    }
  }
  return success(body)
}

function parseFilter(params: Record<string, string>): Filter | null {
  const { meastype, meastypes, category = '1', startdate, enddate, lastupdate } = params
  const times = [startdate, enddate, lastupdate].filter(time => time !== undefined)
  const valid =
    times.every(time => integer.test(time)) &&
    (lastupdate === undefined || times.length === 1) &&
    (meastype === undefined || (integer.test(meastype) && meastypes === undefined)) &&
    (meastypes === undefined || integerList.test(meastypes)) &&
    ['1', '2'].includes(category)
  const types = meastype ?? meastypes
  const filter = {
    types: types === undefined ? null : new Set(types.split(',').map(Number)),
    categories: new Set([Number(category)]),
    start: Number(startdate ?? 0),
    end: Number(enddate ?? Number.MAX_SAFE_INTEGER),
    changedSince: Number(lastupdate ?? 0)
  }
  return valid && filter.start <= filter.end ? filter : null
}

function select(
  groups: MeasureGroup[],
  { types, categories, start, end, changedSince }: Filter
): MeasureGroup[] {
  return groups
    .filter(
      ({ category, date, modified }) =>
        categories.has(category) && date >= start && date <= end && modified >= changedSince
    )
    .map(group => (types === null ? group : { ...group, measures: ofTypes(group.measures, types) }))
    .filter(group => group.measures.length > 0)
}

function ofTypes(measures: Measure[], types: Set<number>): Measure[] {
  return measures.filter(({ type }) => types.has(type))
}

function toJson({ measures, ...group }: MeasureGroup): JsonObject {
  return { ...group, measures: measures.map(each => ({ ...each })) }
}
