import { asInteger } from '../../base/json'

/** A node as the flow file has it; nodes of other packages may hold anything. */
export type FlowNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string }

/** A running node, by the id that it runs under: inside a subflow that is `<instance>-<node>`. */
interface Vertex {
  readonly type: string
  /** What each output is wired to. */
  readonly outputs: string[][]
  /** The link in nodes that a link call may call. */
  readonly calls: readonly string[] | 'any'
  readonly returns: boolean
}

/** Whether the walk is inside a routine that it has called itself. */
type Depth = 'outer' | 'called'

/** An output of a subflow: which of the nodes inside feeds it, and what it leads to outside. */
interface Outlet {
  readonly id: string
  readonly port: number
  readonly targets: readonly string[]
}

/** Where nodes run. */
interface Surroundings {
  /** What their ids begin with. */
  readonly prefix: string
  /** The subflows around them. */
  readonly inside: ReadonlySet<string>
  readonly outlets: readonly Outlet[]
}

const SUBFLOW = /^subflow:(.+)$/
const DATA_NODE = /^withings-/
/** A data node sends what it has fetched, not what it was sent. */
const payloadPasses = (type: string): boolean => !DATA_NODE.test(type)

/**
 * The ways that messages can take through the flows, by wires, subflows and link nodes. Only what runs is part of
 * it: no disabled node, no disabled tab, no subflow without an instance.
 */
export class FlowGraph {
  private readonly vertices = new Map<string, Vertex>()
  private readonly subflows: ReadonlyMap<string, FlowNode>
  /** By the id of their tab or subflow. */
  private readonly members = new Map<string, FlowNode[]>()
  /** By link out, what it leads to. */
  private readonly links: ReadonlyMap<string, readonly string[]>
  private readonly linkIns: readonly string[]
  private readonly routinesThatReturn = new Map<string, boolean>()

  constructor(nodes: readonly FlowNode[]) {
    this.subflows = new Map(nodes.filter(({ type }) => type === 'subflow').map(node => [node.id, node]))
    const offTabs = nodes.filter(({ type, disabled }) => type === 'tab' && disabled === true)
    const off = new Set(offTabs.map(({ id }) => id))
    for (const node of nodes) {
      const place = typeof node.z === 'string' ? node.z : ''
      if (NO_NODES.has(node.type) || node.d === true || off.has(place)) continue
      const members = this.members.get(place) ?? []
      this.members.set(place, members)
      members.push(node)
    }
    this.links = linksOf(nodes)
    for (const [place, members] of this.members)
      if (!this.subflows.has(place)) this.expand(members, { prefix: '', inside: new Set(), outlets: [] })
    this.linkIns = [...this.vertices].filter(([, { type }]) => type === 'link in').map(([id]) => id)
  }

  /** The running nodes that get what this one sends. */
  reachedFrom(id: string): ReadonlySet<string> {
    return this.walk(this.vertices.get(id)?.outputs.flat() ?? [], 'outer')
  }

  private expand(members: readonly FlowNode[], { prefix, inside, outlets }: Surroundings): void {
    const ids = new Set(members.map(({ id }) => id))
    // Link nodes in a subflow may call routines outside of it.
    const at = (id: string): string => (ids.has(id) ? prefix + id : id)
    for (const node of members) {
      const wires = node.type === 'link out' ? [this.links.get(node.id) ?? []] : wiresOf(node.wires)
      const outputs = wires.map(output => output.map(at))
      for (const { id, port, targets } of outlets) if (id === node.id) addWires(outputs, port, targets)
      const subflow = this.subflows.get(SUBFLOW.exec(node.type)?.[1] ?? '')
      const returns = node.type === 'link out' && node.mode === 'return'
      const calls = callsOf(node)
      const vertex: Vertex = {
        type: node.type,
        outputs: subflow || returns ? [] : outputs,
        calls: calls === 'any' ? 'any' : calls.map(at),
        returns
      }
      const id = prefix + node.id
      this.vertices.set(id, vertex)
      if (!subflow || inside.has(subflow.id)) continue
      const outletsInside = portsOf(subflow.out).flatMap((inner, output) =>
        inner.map(wire => ({ ...wire, targets: outputs[output] ?? [] }))
      )
      vertex.outputs.push(...portsOf(subflow.in).map(inner => inner.map(wire => `${id}-${wire.id}`)))
      for (const { id: source, port, targets } of outletsInside)
        if (source === subflow.id) addWires(vertex.outputs, port, targets)
      this.expand(this.members.get(subflow.id) ?? [], {
        prefix: `${id}-`,
        inside: new Set([...inside, subflow.id]),
        outlets: outletsInside
      })
    }
  }

  /** `passes`: whether what comes in to a node of this type goes on. */
  private walk(from: readonly string[], depth: Depth, passes = payloadPasses): Set<string> {
    const seen = new Set<string>()
    const open: [string, Depth][] = from.map(id => [id, depth])
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [id, at] = next
      const vertex = this.vertices.get(id)
      const key = `${at} ${id}`
      if (vertex === undefined || seen.has(key)) continue
      seen.add(key)
      if (!passes(vertex.type)) continue
      for (const called of this.calledBy(vertex)) open.push([called, 'called'])
      for (const target of this.targetsOf(vertex)) open.push([target, at])
      // Where the walk was not called from, any caller may be waiting.
      if (vertex.returns && at === 'outer') for (const target of this.callersOf(id)) open.push([target, at])
    }
    return new Set([...seen].map(key => key.slice(key.indexOf(' ') + 1)))
  }

  /** Which one a dynamic call means stands in its messages. */
  private calledBy({ calls }: Vertex): readonly string[] {
    return calls === 'any' ? this.linkIns : calls
  }

  private targetsOf(vertex: Vertex): readonly string[] {
    const { type, outputs } = vertex
    // The second output is for the progress of imports.
    if (type === 'gladys-device-state') return outputs[0] ?? []
    const called = this.calledBy(vertex)
    if (type === 'link call' && !called.some(linkIn => this.comesBack(linkIn))) return []
    return outputs.flat()
  }

  private comesBack(linkIn: string): boolean {
    const known = this.routinesThatReturn.get(linkIn)
    if (known !== undefined) return known
    // A routine that calls itself ends only where it does not.
    this.routinesThatReturn.set(linkIn, false)
    const reached = this.walk([linkIn], 'called')
    const returns = [...reached].some(id => this.vertices.get(id)?.returns === true)
    this.routinesThatReturn.set(linkIn, returns)
    return returns
  }

  /** What the link calls of this routine are wired to. */
  private callersOf(linkOut: string): string[] {
    return [...this.vertices.values()]
      .filter(vertex =>
        this.calledBy(vertex).some(called => this.walk([called], 'called', () => true).has(linkOut))
      )
      .flatMap(({ outputs }) => outputs.flat())
  }
}

const MOST_PORTS = 1_000
const NO_NODES = new Set(['tab', 'subflow', 'group', 'global-config'])

function addWires(outputs: string[][], port: number, targets: readonly string[]): void {
  while (outputs.length <= port) outputs.push([])
  outputs[port]?.push(...targets)
}

function wiresOf(wires: unknown): string[][] {
  return Array.isArray(wires) ? wires.map(textsOf) : []
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

/** What each link out leads to; either end may be the one that says so. */
function linksOf(nodes: readonly FlowNode[]): Map<string, string[]> {
  const links = new Map<string, string[]>()
  const add = (from: string, to: string): void => void links.set(from, [...(links.get(from) ?? []), to])
  for (const { id, type, links: others } of nodes) {
    if (type === 'link out') for (const other of textsOf(others)) add(id, other)
    if (type === 'link in') for (const other of textsOf(others)) add(other, id)
  }
  return links
}

function callsOf({ type, linkType, links }: FlowNode): Vertex['calls'] {
  if (type !== 'link call') return []
  return linkType === 'dynamic' ? 'any' : textsOf(links).slice(0, 1)
}

/** What the inputs or outputs of a subflow are wired to inside. */
function portsOf(ports: unknown): { id: string; port: number }[][] {
  if (!Array.isArray(ports)) return []
  return ports.map(port => {
    const wires: unknown = (port as { wires?: unknown } | null)?.wires
    return (Array.isArray(wires) ? wires : []).flatMap((wire: { id?: unknown; port?: unknown } | null) =>
      typeof wire?.id === 'string' ? [{ id: wire.id, port: asPort(wire.port) }] : []
    )
  })
}

function asPort(value: unknown): number {
  const port = asInteger(value) ?? 0
  return port >= 0 && port < MOST_PORTS ? port : 0
}
