import type { NodeAPI } from 'node-red'
import { DAY_MS } from '../../base/clock'
import { asInteger } from '../../base/json'
import { SettingsStore } from './settings-store'

/** Deleting may be a mistake, an import, or a tab that is gone for a while: what belongs to a node waits so long. */
const GRACE = 30 * DAY_MS
const ORPHANED_SINCE = 'withingsOrphans'

/** Records of nodes, kept by node id. */
export interface NodeRecords {
  ids(): string[]
  delete(id: string): Promise<void>
}

const started = new WeakSet<object>()

/**
 * After each start of the flows: forgets records whose node has been gone for 30 days. Disabled nodes and those
 * inside subflows are not gone.
 */
export function forgetOrphans(RED: NodeAPI, records: readonly NodeRecords[], now: () => number): void {
  if (started.has(RED.events)) return
  started.add(RED.events)
  const since = new SettingsStore(RED, ORPHANED_SINCE, asInteger)
  const sweep = async () => {
    const present = new Set<string>()
    RED.nodes.eachNode(node => void present.add(node.id))
    for (const record of records) {
      for (const id of record.ids()) {
        if (isPresent(id, present)) await since.delete(id)
        // A time that is still to come was noted while the clock was ahead.
        else if ((since.get(id) ?? Infinity) > now()) await since.set(id, now())
        else if ((since.get(id) as number) + GRACE < now()) {
          await record.delete(id)
          await since.delete(id)
        }
      }
    }
  }
  // What cannot be written now is tried at the next start.
  RED.events.on('flows:started', () => void sweep().catch(() => undefined))
}

/**
 * Whether the node of a record, `<node>` or `<node> <more>`, is in the flow. One of a subflow runs as
 * `<instance>-<node>`; the flow lists both apart.
 */
function isPresent(record: string, present: ReadonlySet<string>): boolean {
  const [id = ''] = record.split(' ')
  return present.has(id) || id.split('-').every(part => present.has(part))
}
