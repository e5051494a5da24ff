import { asObject, asText, parseJson } from '../../base/json'
import { identifierOf, MANUAL } from '../../gladys/model/external-ids'
import type { GladysServer } from '../../gladys/server'
import type { OverviewTarget } from './types'

/** A gladys-device-state node. */
export interface Target extends OverviewTarget {
  /** undefined: there is none that could be used. */
  server: GladysServer | undefined
  serverId: string
}

/** A device that something went out for. */
export interface KnownDevice {
  userId: string
  deviceId: string | null
  model: string | null
  /** Its name in Gladys, as far as it is known. */
  name: string | null
}

const OWN = /^mqtt:withings:([^:]+):([^:]+)$/

/** By identifier, what was announced, or without discovery what was sent or made and not forgotten since. */
export function knownDevices(target: Target | undefined): ReadonlyMap<string, KnownDevice> {
  const server = target?.server
  if (target === undefined || server === undefined) return new Map()
  return target.create === 'discovery' ? announced(server) : seen(target.create, server)
}

function announced({ sender }: GladysServer): ReadonlyMap<string, KnownDevice> {
  return new Map(
    [...(sender?.announced() ?? [])].map(([identifier, { userId, deviceId, model, payload }]) => [
      identifier,
      { userId, deviceId, model, name: nameIn(payload) }
    ])
  )
}

function seen(create: string, { seen, http }: GladysServer): ReadonlyMap<string, KnownDevice> {
  const made = (create === 'http' ? (http?.created.ids() ?? []) : []).flatMap(deviceOf)
  const known = [...seen.values()].map(device => ({ ...device, name: null }))
  const all = [...made, ...known].map(
    device => [identifierOf(device.userId, device.deviceId), device] as const
  )
  return new Map(all.filter(([identifier]) => !seen.isForgotten(identifier)))
}

function deviceOf(externalId: string): KnownDevice[] {
  const [, userId, id] = OWN.exec(externalId) ?? []
  if (userId === undefined || id === undefined) return []
  return [{ userId, deviceId: id === MANUAL ? null : id, model: null, name: null }]
}

function nameIn(payload: string | undefined): string | null {
  return asText(asObject(asObject(parseJson(payload ?? ''))?.device)?.name) ?? null
}
