import type { Person } from './types'
import type { ApiRequest, World } from './world'

/** Where each offset leads; one that was never given out is not in here. */
const offsets = new WeakMap<World, Map<string, number>>()
const integer = /^\d{1,12}$/

/** Grows along a query, but is no index. */
export function giveOffset(world: World, person: Person, request: ApiRequest, index: number): number {
  const offset = index * 3 + 11
  offsetsOf(world).set(keyOf(person, request, String(offset)), index)
  return offset
}

/** Index of the first row of the page that was asked for; null for an offset of another query. */
export function startOf(world: World, person: Person, request: ApiRequest): number | null {
  const { offset = '0' } = request.params
  return Number(offset) === 0 && integer.test(offset)
    ? 0
    : (offsetsOf(world).get(keyOf(person, request, offset)) ?? null)
}

function keyOf(person: Person, { path, params }: ApiRequest, offset: string): string {
  const { offset: _, ...query } = params
  return JSON.stringify([person.userId, path, offset, Object.entries(query).sort()])
}

function offsetsOf(world: World): Map<string, number> {
  const known = offsets.get(world) ?? new Map<string, number>()
  offsets.set(world, known)
  return known
}
