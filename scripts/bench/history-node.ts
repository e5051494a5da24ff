// One data node that reads a whole history, in a process of its own, as the process of Node-RED would.
import type { Node, NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import { once } from 'node:events'
import type { AccountNode } from '../../lib/red/accounts/account-node'
import { exchangeCode } from '../../lib/withings/auth/oauth'
import { watchTurns } from '../../test/support/turns'
import { argument, report } from './processes'
import type { WithingsReady } from './withings'
import accountNode = require('../../nodes/withings-account')
import activityNode = require('../../nodes/withings-activity')
import measuresNode = require('../../nodes/withings-measures')
import sleepNode = require('../../nodes/withings-sleep')

export interface HistoryNodeOrder {
  withings: Omit<WithingsReady, 'page'>
  type: 'withings-measures' | 'withings-activity' | 'withings-sleep'
  output: 'each' | 'batch' | 'latest'
}

export interface HistoryNodeResult {
  messages: number
  seconds: number
  longestStallMs: number
}

async function main(): Promise<void> {
  const { withings, type, output } = argument<HistoryNodeOrder>()
  const { url, clientId, clientSecret } = withings
  helper.init(require.resolve('node-red'))
  await new Promise<void>(resolve => void helper.startServer(resolve))
  const flow = [
    { id: 'tab', type: 'tab', label: 'Bench' },
    { id: 'account', type: 'withings-account', name: 'Ada', region: 'custom', apiUrl: url, accountUrl: url },
    { id: 'data', type, z: 'tab', account: 'account', mode: 'all', output, schedule: 0, wires: [['out']] },
    { id: 'out', type: 'helper', z: 'tab' }
  ]
  const nodes = [accountNode, measuresNode, activityNode, sleepNode]
  await helper.load(nodes, flow, { account: { clientId, clientSecret } })
  const settings = { clientId, clientSecret, apiUrl: url, accountUrl: url }
  const { registry } = helper.getNode('account') as AccountNode
  await registry.link('account', await exchangeCode(settings, withings.code, withings.redirectUri), [])
  const data: Node = helper.getNode('data')
  // No Complete node: Node-RED would copy what is sent for it.
  data.on('call:status' as 'input', call => {
    const [{ fill }] = (call as unknown as { args: [{ fill: string }] }).args
    if (fill === 'green' || fill === 'red') data.emit('ended')
  })
  const run = async (message: NodeMessage) => {
    const ended = once(data, 'ended')
    data.receive(message)
    await ended
  }
  // What is loaded with the first request is loaded once.
  await run({ startDate: new Date() })
  let messages = 0
  helper.getNode('out').on('input', () => (messages += 1))
  report({ ready: true })
  await once(process, 'message')
  const started = performance.now()
  const turns = watchTurns()
  await run({ payload: '' })
  const seconds = (performance.now() - started) / 1000
  report({ messages, seconds, longestStallMs: turns().longest } satisfies HistoryNodeResult)
}

void main()
