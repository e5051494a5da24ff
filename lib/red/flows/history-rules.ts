import type { NodeAPI } from 'node-red'
import { decide, type Decision } from '../../withings/history/rules'
import type { AccountRegistry } from '../accounts/account-registry'
import { FlowGraph, type FlowNode } from './flow-graph'
import { readers } from './running-nodes'

/** How the flows tell an account's values to a gladys-device-state node, by the id that it runs under. */
export class FlowRules {
  private readonly graph: FlowGraph

  /** Of the flows as they are now. */
  constructor(
    RED: NodeAPI,
    private readonly registry: AccountRegistry
  ) {
    const nodes: FlowNode[] = []
    RED.nodes.eachNode(node => void nodes.push(node as unknown as FlowNode))
    this.graph = new FlowGraph(nodes)
  }

  decisions(target: string, account: string): Decision[] {
    const ofPerson = readers.all().filter(reader => this.isSamePerson(reader.account, account))
    const telling = ofPerson.filter(({ id }) => this.graph.reachedFrom(id).has(target))
    return decide(telling, ofPerson)
  }

  /** A person may have two account nodes. */
  private isSamePerson(one: string, other: string): boolean {
    const { tokens } = this.registry
    const userId = tokens.record(one)?.userId
    return one === other || (userId !== undefined && userId === tokens.record(other)?.userId)
  }
}
