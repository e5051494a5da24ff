import type { CallOptions, WithingsClient } from './client'
import type { Device } from './device'
import { parseDevices } from './getdevice'

/** The devices linked to the user, each once. Throws what `WithingsClient.call` throws. */
export async function fetchDevices(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  options: CallOptions
): Promise<Device[]> {
  const body = await client.call(
    { path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' },
    options
  )
  return parseDevices(body, userId)
}
