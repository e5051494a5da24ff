/** Stands for what no device of Withings measured, as in the topics of messages (design.md §2.4). */
export const DEVICELESS = 'manual'

/** Topic of a message about one thing: whose it is, of which device, and what. */
export function topicOf(
  { userId, deviceId }: { userId: string; deviceId: string | null },
  ...what: readonly string[]
): string {
  return ['withings', userId, deviceId ?? DEVICELESS, ...what].join('/')
}

/** Whether something belongs to the wanted device; an empty id means all. */
export function isOfDevice({ deviceId }: { deviceId: string | null }, wanted: string): boolean {
  return wanted === '' || (deviceId ?? DEVICELESS) === wanted
}
