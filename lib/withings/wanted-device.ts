/** Stands for what no device of Withings measured, as in the topics of messages (design.md §2.4). */
export const DEVICELESS = 'manual'

/** Whether something belongs to the wanted device; an empty id means all. */
export function isOfDevice({ deviceId }: { deviceId: string | null }, wanted: string): boolean {
  return wanted === '' || (deviceId ?? DEVICELESS) === wanted
}
