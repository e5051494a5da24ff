import { rank } from './history'
import type { MeasureGroup, NewGroup, Person } from './types'
import { secondsOf, type World } from './world'

/** A measurement of this moment, unless the group says otherwise. */
export function addGroup(world: World, person: Person, group: NewGroup): MeasureGroup {
  const added = completed(world, person, group)
  const place = person.groups.findIndex(each => rank(each.grpid, world.seed) > rank(added.grpid, world.seed))
  person.groups.splice(place === -1 ? person.groups.length : place, 0, added)
  return added
}

export function editGroup(world: World, person: Person, grpid: number, change: Partial<MeasureGroup>): void {
  const place = placeOf(person, grpid)
  const group = person.groups[place]
  if (group !== undefined) {
    person.groups[place] = { ...group, modified: secondsOf(world.clock), ...change }
  }
}

export function removeGroup(person: Person, grpid: number): void {
  person.groups.splice(placeOf(person, grpid), 1)
}

/** Both shift what comes after the page by one, as counting offsets do. */
export function changeBetweenPages(
  world: World,
  person: Person,
  change: 'insert' | 'remove',
  page: MeasureGroup[]
): void {
  const first = page[0]
  if (first === undefined) {
    return
  }
  if (change === 'remove') {
    removeGroup(person, first.grpid)
  } else {
    const { grpid: _, date: _date, created: _created, modified: _modified, ...template } = first
    person.groups.unshift(completed(world, person, template))
  }
}

function completed(world: World, person: Person, group: NewGroup): MeasureGroup {
  const now = secondsOf(world.clock)
  const main = person.devices[0]
  const { deviceid = main?.deviceid ?? null } = group
  return {
    grpid: world.newGroupId(),
    attrib: 0,
    date: now,
    created: now,
    modified: now,
    category: 1,
    timezone: person.timezone,
    hash_deviceid: deviceid,
    ...(deviceid === main?.deviceid ? { modelid: main?.model_id ?? null, model: main?.model ?? null } : {}),
    ...group,
    deviceid,
    comment: null
  }
}

function placeOf(person: Person, grpid: number): number {
  const place = person.groups.findIndex(group => group.grpid === grpid)
  if (place === -1) {
    throw new Error(`${person.name} has no group ${grpid}`)
  }
  return place
}
