// A withings-measures node in a process of its own, which reads a whole history; what it sends counts, and how long it holds up
// everything else.
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NodeAPI } from 'node-red'
import helper from 'node-red-node-test-helper'
import { accountHub } from '../../lib/red/account-hub'
import { exchangeCode } from '../../lib/withings/oauth'
import { REGIONS } from '../../lib/withings/regions'
import accountNode = require('../../nodes/withings-account')
import measuresNode = require('../../nodes/withings-measures')
import { argument, report, RESOLUTION } from './processes'
import type { WithingsReady } from './withings'

export interface DataNodeResult {
  readings: number
  messages: number
  /** Milliseconds. */
  longestStall: number
}

export interface DataNodeOrder {
  withings: Omit<WithingsReady, 'page'>
  output: 'each' | 'batch' | 'latest'
}

const WIRED = { z: 'tab', x: 100, y: 100 }

async function main(): Promise<void> {
  const { withings, output } = argument<DataNodeOrder>()
  const { url, clientId, clientSecret, code, redirectUri } = withings
  helper.init(require.resolve('node-red'))
  await helper.startServer(() => undefined)
  const addresses = { region: 'custom', apiUrl: url, accountUrl: url }
  const settings = { ...REGIONS.eu, apiUrl: url, accountUrl: url, clientId, clientSecret }
  await helper.load(
    [accountNode, measuresNode],
    [
      { id: 'tab', type: 'tab' },
      { id: 'account', type: 'withings-account', ...addresses },
      {
        ...WIRED,
        ...{ id: 'measures', type: 'withings-measures', account: 'account', schedule: 0, mode: 'all', output },
        wires: [['out']]
      },
      { ...WIRED, id: 'out', type: 'helper', wires: [] },
      { ...WIRED, id: 'ends', type: 'helper', wires: [] }
    ] as never,
    { account: { clientId, clientSecret } }
  )
  const hub = accountHub({} as NodeAPI)
  await hub.link('account', await exchangeCode(settings, code, redirectUri), ['user.metrics'])
  report({ ready: true })
  await once(process, 'message')
  report(await measured())
  if (process.env.PROF) setTimeout(() => process.exit(), 200)
}

async function measured(): Promise<DataNodeResult> {
  const result = { readings: 0, messages: 0, longestStall: 0 }
  helper.getNode('out').on('input', ({ payload }) => {
    result.messages += 1
    result.readings += Array.isArray(payload) ? payload.length : 1
  })
  const measures = helper.getNode('measures') as unknown as {
    status: (status: { fill?: string; text?: string }) => void
    receive(message: object): void
  }
  const ended = new Promise<void>((resolve, reject) => {
    const original = measures.status.bind(measures)
    measures.status = status => {
      original(status)
      if (status.fill === 'green') resolve()
      if (status.fill === 'red') reject(new Error(status.text))
    }
  })
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  delay.enable()
  measures.receive({})
  await ended
  for (let turn = 0; turn < 100; turn += 1) await nextTurn()
  delay.disable()
  return { ...result, longestStall: delay.max / 1e6 - RESOLUTION }
}

void main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
