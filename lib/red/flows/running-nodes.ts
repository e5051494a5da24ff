import type { Node, NodeAPI } from 'node-red'
import type { RuleSource } from '../../withings/history/rules'

/**
 * The nodes of one kind that run, inside subflows too, with their properties resolved. `eachNode` lists what the
 * flow file has: templates of subflows instead of their instances, disabled nodes, and `${NAME}` as it stands.
 */
export class RunningNodes<Entry extends { readonly node: Node }> {
  private readonly entries = new Map<string, Entry>()

  /** Until the node is closed. */
  add(entry: Entry): void {
    const { node } = entry
    this.entries.set(node.id, entry)
    node.on('close', () => {
      if (this.entries.get(node.id) === entry) this.entries.delete(node.id)
    })
  }

  all(): Entry[] {
    return [...this.entries.values()]
  }

  /** In the order of the flow file, the instances of a subflow in the order in which they started. */
  inFlowOrder(RED: NodeAPI): Entry[] {
    const places = new Map<string, number>()
    RED.nodes.eachNode(({ id }) => void places.set(id, places.size))
    const placeOf = ({ node: { id, _alias } }: Entry): number => places.get(_alias ?? id) ?? places.size
    return this.all().sort((a, b) => placeOf(a) - placeOf(b))
  }
}

/** A node that reads from an account. */
export interface Reader extends RuleSource {
  readonly node: Node
  /** The id under which the login of its account is stored. */
  readonly account: string
}

/** A gladys-device-state node. */
export interface TargetNode {
  readonly node: Node
  readonly create: string
  readonly serverId: string
}

export const readers = new RunningNodes<Reader>()
export const targetNodes = new RunningNodes<TargetNode>()

/** What a person calls it; in a subflow, whose instances share the names inside, with that of the instance. */
export function nameOf(RED: NodeAPI, node: Node): string {
  const instance = node._alias === undefined ? null : (RED.nodes.getNode(node.z ?? '') as Node | null)
  return [instance?.name, node.name].filter(name => name !== undefined && name !== '').join(' / ')
}
