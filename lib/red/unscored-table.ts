import type { NodeAPI } from 'node-red'
import { asInteger, asObject, asText } from '../withings/json'
import type { Unscored } from '../withings/score-chase'
import { SettingsTable } from './settings-table'

const UNSCORED = 'withingsUnscoredNights'

let table: SettingsTable<Unscored[]> | undefined

/** The nights of which each node waits for a score, by its node id and what it reads. */
export function unscoredTable(RED: NodeAPI): SettingsTable<Unscored[]> {
  table ??= new SettingsTable(RED, UNSCORED, parseUnscored, areOthers)
  return table
}

/** How often a night was tried follows from the time. */
function areOthers(before: readonly Unscored[] = [], after: readonly Unscored[]): boolean {
  const nights = (list: readonly Unscored[]) => JSON.stringify(list.map(({ id, modified }) => [id, modified]))
  return nights(before) !== nights(after)
}

export function parseUnscored(value: unknown): Unscored[] | undefined {
  return Array.isArray(value) ? value.flatMap(each => parseOne(each) ?? []) : undefined
}

function parseOne(value: unknown): Unscored | undefined {
  const raw = asObject(value)
  const [id, userId, day, modified] = [raw?.id, raw?.userId, raw?.day, raw?.modified].map(asText)
  const [toldAt, tries] = [raw?.toldAt, raw?.tries].map(asInteger)
  const isComplete = id !== undefined && userId !== undefined && day !== undefined && modified !== undefined
  if (!isComplete || toldAt === undefined || tries === undefined) return undefined
  return { id, userId, day, modified, toldAt, tries }
}
