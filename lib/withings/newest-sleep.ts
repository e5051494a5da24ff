import type { Night } from './night'

/**
 * The newest night and the newest nap of some, oldest first; each whole, for values of two nights do not belong
 * together. Of two devices that watched the same sleep it is the one with a score, else the one that measured more,
 * else the longer one: a mat knows of snoring and of the bed, a watch that was put on late knows half a night.
 */
export function newestSleeps(nights: readonly Night[]): Night[] {
  return (['night', 'nap'] as const)
    .flatMap(kind => newestOf(nights.filter(night => night.kind === kind)) ?? [])
    .sort((a, b) => a.endDate.localeCompare(b.endDate))
}

function newestOf(nights: readonly Night[]): Night | undefined {
  const [first, ...others] = nights
  if (!first) return undefined
  const last = others.reduce((newest, night) => (night.endDate >= newest.endDate ? night : newest), first)
  return nights.filter(night => isSameSleep(night, last)).reduce((best, night) => better(best, night), last)
}

/** Of two nights that overlap, one person slept one. */
function isSameSleep(night: Night, other: Night): boolean {
  return night === other || (night.startDate < other.endDate && night.endDate > other.startDate)
}

function better(best: Night, night: Night): Night {
  const order =
    Number(night.scored) - Number(best.scored) ||
    night.readings.length - best.readings.length ||
    lengthOf(night) - lengthOf(best)
  return order > 0 ? night : best
}

function lengthOf({ startDate, endDate }: Night): number {
  return Date.parse(endDate) - Date.parse(startDate)
}
