import type { NodeAPI } from 'node-red'
import { parseSampleCursor, type SampleCursor } from '../../withings/activity/intraday-cursor'
import { type Cursor, parseCursor } from '../../withings/sync/cursor'
import { SettingsStore } from './settings-store'

const CURSORS = 'withingsCursors'
const SAMPLE_CURSORS = 'withingsSampleCursors'

/**
 * Under which a withings-measures node keeps its cursor for these types; none stands for all of them. Other types
 * are a question of their own: had they the same cursor, readings that nobody asked for would count as delivered.
 */
export function cursorId(nodeId: string, types: readonly string[]): string {
  return types.length === 0 ? nodeId : `${nodeId} ${[...new Set(types)].sort().join(',')}`
}

let table: SettingsStore<Cursor> | undefined

/** The cursors of all nodes that follow what changes: of withings-measures by `cursorId`, of others by their node id and what they read. */
export function cursorStore(RED: NodeAPI): SettingsStore<Cursor> {
  table ??= new SettingsStore(RED, CURSORS, parseCursor, deliveredMore)
  return table
}

/** An older cursor on disk looks further back; what was delivered since then must be in it, or it comes twice. */
function deliveredMore(before: Cursor | undefined, after: Cursor): boolean {
  const delivered = new Map(before?.delivered)
  return after.delivered.some(([id, modified]) => delivered.get(id) !== modified)
}

function deliveredSamples(before: SampleCursor | undefined, after: SampleCursor): boolean {
  return after.delivered !== (before?.delivered ?? '')
}

let samples: SettingsStore<SampleCursor> | undefined

/** The cursors of those that follow the samples of a day, by their node id and what they read. */
export function intradayCursorStore(RED: NodeAPI): SettingsStore<SampleCursor> {
  samples ??= new SettingsStore(RED, SAMPLE_CURSORS, parseSampleCursor, deliveredSamples)
  return samples
}
