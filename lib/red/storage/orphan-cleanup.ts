import type { NodeAPI } from 'node-red'
import { DAY_MS } from '../../base/clock'
import { asInteger } from '../../base/json'
import { fileNameOf, type NodeRecords } from './node-records'
import { SettingsStore } from './settings-store'

/** Milliseconds. Deleting may be a mistake, an import, or a tab that is gone for a while. */
const GRACE = 30 * DAY_MS
const ORPHANED_SINCE = 'withingsOrphans'

/** By the events of a Node-RED, what it keeps, each under a name of its own. */
const cleanedUp = new WeakMap<object, Map<string, NodeRecords>>()

/**
 * After each start of the flows: deletes what belongs to nodes that have been gone for 30 days. Disabled nodes and
 * those inside subflows are not gone.
 */
export function forgetOrphans(
  RED: NodeAPI,
  records: Readonly<Record<string, NodeRecords>>,
  now: () => number = Date.now
): void {
  const known = cleanedUp.get(RED.events)
  const all = known ?? new Map<string, NodeRecords>()
  for (const [name, each] of Object.entries(records)) all.set(name, each)
  if (known !== undefined) return
  cleanedUp.set(RED.events, all)
  const since = new SettingsStore(RED, ORPHANED_SINCE, asInteger)
  const cleanUp = async () => {
    const present = new Set<string>()
    RED.nodes.eachNode(({ id }) => void present.add(id).add(fileNameOf(id)))
    for (const id of new Set([...all.values()].flatMap(each => each.ids()))) {
      if (isPresent(id, present)) await since.delete(id)
      // A time that is still to come was noted while the clock was ahead.
      else if ((since.get(id) ?? Infinity) > now()) await since.set(id, now())
      else if ((since.get(id) as number) + GRACE < now()) {
        for (const each of all.values()) if (each.ids().includes(id)) await each.delete(id)
        await since.delete(id)
      }
    }
  }
  // What cannot be written now is tried at the next start.
  RED.events.on('flows:started', () => void cleanUp().catch(() => undefined))
}

/** Whether the node of `<node>` or `<node> <more>` is in the flow, which lists the parts of `<instance>-<node>` apart. */
function isPresent(record: string, present: ReadonlySet<string>): boolean {
  const [id = ''] = record.split(' ')
  if (present.has(id)) return true
  const dashes = [...id.matchAll(/-/g)].map(({ index }) => index)
  return dashes.some(at => present.has(id.slice(0, at)) && isPresent(id.slice(at + 1), present))
}
