import type { NodeAPI } from 'node-red'
import type { AccountHub } from './account-hub'
import { FlowRules } from './history-rules'
import type { OverviewRules } from './overview-shape'
import { nameOf, readers } from './running-nodes'

interface Asked {
  /** Id of the gladys-device-state node. */
  target: string
  accounts: readonly { id: string; userId: string | undefined }[]
}

/** By which rules an import of each linked account tells its history to this node, and why. */
export function overviewRules(RED: NodeAPI, hub: AccountHub, { target, accounts }: Asked): OverviewRules[] {
  const flow = new FlowRules(RED, hub)
  const names = new Map(readers.all().map(({ id, node }) => [id, nameOf(RED, node)]))
  return accounts
    .filter(({ userId }) => userId !== undefined)
    .flatMap(({ id: account }) =>
      flow.decisions(target, account).map(({ subject, because, choices }) => ({
        ...{ account, subject, because },
        choices: choices.map(({ id, rules }) => ({ id, name: names.get(id) ?? '', rules }))
      }))
    )
}
