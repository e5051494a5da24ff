import { decodeGroup, type UndecodedPage } from '../withings/getmeas'
import { asInteger, asObject } from '../withings/json'
import type { Reading } from '../withings/reading'
import { AMBIGUOUS } from '../withings/sources'
import { MANUAL } from './ids'

/**
 * Readings of the wanted device, oldest first; groups of a page come in any order (withings-api.md §11.2 no. 16). Each
 * group is decoded when it is its turn: a whole page of readings would outlive what V8 takes for short-lived
 * (docs/decisions/0009-history-import.md).
 */
export function* readingsOf(
  { raws, problems }: UndecodedPage,
  userId: string,
  deviceId: string | null
): Generator<Reading, void, undefined> {
  for (const index of oldestFirst(raws))
    for (const reading of decodeGroup(raws, index, userId, problems)?.readings ?? []) {
      const isWanted = deviceId === null || (reading.deviceId ?? MANUAL) === deviceId
      if (isWanted && reading.source !== AMBIGUOUS) yield reading
    }
}

function oldestFirst(raws: readonly unknown[]): number[] {
  const dates = raws.map(raw => asInteger(asObject(raw)?.date) ?? 0)
  return [...dates.keys()].sort((a, b) => (dates[a] as number) - (dates[b] as number))
}
