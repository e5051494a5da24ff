import { itemsIn } from '../../lib/gladys/model/input'
import type { Item } from '../../lib/gladys/model/items'

/** All items of a payload at once. */
export function parseInput(payload: unknown): Item[] {
  return [...itemsIn(payload)]
}
