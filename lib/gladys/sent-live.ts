import { groupsOf } from './portions'
import type { SentLedger } from './sent-ledger'
import type { State } from './states'

/** From when on Gladys has a feature, milliseconds since 1970; undefined where nobody knows. */
export type FeatureSince = (feature: string) => number | undefined

/** Those that went out live when Gladys had their feature: it has them, dated with the moment when they arrived. */
export async function sentLive(
  ledger: Pick<SentLedger, 'fileOf' | 'prepare' | 'wentLive'>,
  states: readonly State[],
  since: FeatureSince
): Promise<ReadonlySet<State>> {
  const live = new Set<State>()
  for (const together of groupsOf(states, ledger.fileOf)) {
    const [first] = together
    const from = first && since(first.feature)
    if (first === undefined || from === undefined) continue
    await ledger.prepare(first)
    for (const state of together) if (state.date >= from && ledger.wentLive(state)) live.add(state)
  }
  return live
}
