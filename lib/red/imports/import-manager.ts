import type { NodeAPI } from 'node-red'
import { systemClock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { ImportManager } from '../../gladys/import/manager'
import { FlowGraph, type FlowNode } from '../../withings/history/flow-graph'
import { decide, type Decision } from '../../withings/history/rules'
import { findAccount, runningAccountOf } from '../accounts/account-node'
import { type AccountRegistry, accountRegistry } from '../accounts/account-registry'
import { readers } from '../flows/running-nodes'
import { oncePerProcess } from '../storage/settings-store'

/** By which rules the flows send an account's values to a gladys-device-state node, by the id that it runs under. */
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

/** The one import manager of this process; interrupted imports go on each time the flows have started. */
export const importManager = oncePerProcess(RED => {
  const registry = accountRegistry(RED)
  const imports = new ImportManager({
    accounts: {
      idOf: id => {
        const account = findAccount(RED, id)?.account
        if (account === undefined) throw new CodedError('NOT_CONFIGURED', 'noAccount')
        return account
      },
      ofUser: runningAccountOf,
      client: account => registry.client(account),
      onChange: (account, listener) => registry.onChange(account, listener),
      decisions: (target, account) => new FlowRules(RED, registry).decisions(target, account)
    },
    clock: systemClock,
    publish: state => RED.comms.publish('withings/imports', state, false)
  })
  RED.events.on('flows:started', () => imports.restoreInterrupted())
  return imports
})
