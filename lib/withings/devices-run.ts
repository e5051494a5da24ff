import { CodedError } from '../errors'
import type { CallOptions, WithingsClient } from './client'
import type { Device } from './device'
import { parseDevices } from './getdevice'

/** The devices linked to the user, each once. Throws what `WithingsClient.call` throws, and BAD_ANSWER. */
export async function fetchDevices(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  options: CallOptions
): Promise<Device[]> {
  const body = await client.call(
    { path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' },
    options
  )
  const devices = parseDevices(body, userId)
  if (!devices) throw new CodedError('BAD_ANSWER', 'Withings sent no list of devices.', { detail: 'devices' })
  return devices
}
