import type { Item } from './input'

/**
 * Whether Gladys may have to hear of what this item belongs to: it is the first of its feature, or of another unit or
 * model, among those that `known` remembers. Telling it for each item would cost more than all the rest.
 */
export function introduces(item: Item, known: Set<string>): boolean {
  const key = keyOf(item)
  if (known.has(key)) return false
  known.add(key)
  return true
}

function keyOf(item: Item): string {
  switch (item.kind) {
    case 'reading':
      return [item.userId, item.deviceId, item.type, item.position ?? '', item.unit, item.model].join(' ')
    case 'battery':
      return [item.userId, item.deviceId, 'battery', item.model].join(' ')
    case 'direct':
      return [item.device, item.feature].join(' ')
    case 'notification':
      return item.name
    case 'unusable':
      return item.place
  }
}
