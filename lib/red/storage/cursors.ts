import { parseSampleCursor, type SampleCursor } from '../../withings/activity/intraday-cursor'
import { type Cursor, parseCursor } from '../../withings/sync/cursor'
import { oncePerProcess, SettingsStore } from './settings-store'

/**
 * Under which a withings-measures node keeps its cursor for these types; none stands for all of them. Other types
 * have a cursor of their own: with the same one, readings that nobody asked for would count as delivered.
 */
export function cursorId(nodeId: string, types: readonly string[]): string {
  return types.length === 0 ? nodeId : `${nodeId} ${[...new Set(types)].sort().join(',')}`
}

/** The cursors of all nodes that follow what changes: of withings-measures by `cursorId`, of others by their node id and what they read. */
export const cursorStore = oncePerProcess(
  RED => new SettingsStore<Cursor>(RED, 'withingsCursors', parseCursor, deliveredMore)
)

/** The cursors of those that follow the samples of a day, by their node id and what they read. */
export const intradayCursorStore = oncePerProcess(RED => {
  const isNews = (before: SampleCursor | undefined, { delivered }: SampleCursor) =>
    delivered !== (before?.delivered ?? '')
  return new SettingsStore(RED, 'withingsSampleCursors', parseSampleCursor, isNews)
})

/** An older cursor on disk looks further back; what was delivered since then must be in it, or it comes twice. */
function deliveredMore(before: Cursor | undefined, after: Cursor): boolean {
  const delivered = new Map(before?.delivered)
  return after.delivered.some(([id, modified]) => delivered.get(id) !== modified)
}
