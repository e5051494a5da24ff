import { unreadable } from '../errors'
import type { Device } from './device'
import type { FetchContext } from './fetch-context'
import { parseDevices } from './getdevice'

/** The devices linked to the user, each once. Throws what `FetchContext.call` throws, and BAD_ANSWER. */
export async function fetchDevices({
  call,
  userId
}: Pick<FetchContext, 'call' | 'userId'>): Promise<Device[]> {
  const body = await call({ path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' })
  const devices = parseDevices(body, userId)
  if (!devices) throw unreadable('devices')
  return devices
}
