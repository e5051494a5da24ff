import type { NodeAPI } from 'node-red'
import { modelName } from '../gladys/makers'
import { addressingOf, type Sender, type SendRequest } from '../gladys/sender'
import type { OverviewMove } from './overview-shape'
import { text } from './texts'

interface Target {
  create: string
  server: { readonly sender: Sender | undefined } | undefined
}

/** The days of linked people that this Gladys still has under its manual entries. */
export function movesOf(
  RED: NodeAPI,
  accounts: readonly { id: string; userId: string | undefined }[],
  target: Target | undefined
): OverviewMove[] {
  const sender = target?.server?.sender
  if (target === undefined || sender === undefined) return []
  const moves = sender.days.moves(addressingOf(target.create as SendRequest['create']))
  return accounts.flatMap(({ id, userId }) =>
    moves
      .filter(move => move.userId === userId)
      .map(({ to, model }) => ({ account: id, to, name: nameOf(RED, to, model) }))
  )
}

function nameOf(RED: NodeAPI, deviceId: string, model: string | null): string {
  return modelName({ deviceId, model }, (key, fallback) => text(RED, key, {}, fallback))
}
