import type { Reading } from '../withings/reading'
import { MANUAL } from './ids'

/**
 * Those of the wanted device; null: of all. Words are left out: Gladys keeps no history of them and would show an
 * old one as the latest (gladys.md, "MQTT topics").
 */
export function* wantedReadings(
  readings: Iterable<Reading>,
  deviceId: string | null
): Generator<Reading, void, undefined> {
  for (const reading of readings) {
    const isWanted = deviceId === null || (reading.deviceId ?? MANUAL) === deviceId
    if (isWanted && typeof reading.value === 'number') yield reading
  }
}
