import type { NodeAPI } from 'node-red'
import type { HistoryOptions } from '../withings/history'
import { choice } from './config-values'
import { BRANDS_WANTED, nightRulesOf, UNITS } from './data-settings'

type Config = Readonly<Record<string, unknown>>

/** How the nodes that read this account tell its data; what no node reads is told as a dropped node would. */
export function historyOptions(RED: NodeAPI, account: string): HistoryOptions {
  const configs = new Map<string, Config>()
  RED.nodes.eachNode(node => {
    const config = node as unknown as Config
    if (config.account === account && !configs.has(node.type)) configs.set(node.type, config)
  })
  const configOf = (type: string): Config => configs.get(type) ?? {}
  const [measures, activity, sleep] = [
    configOf('withings-measures'),
    configOf('withings-activity'),
    configOf('withings-sleep')
  ]
  return {
    measures: { units: choice(measures.units, UNITS) },
    activity: { units: choice(activity.units, UNITS), external: choice(activity.external, BRANDS_WANTED) },
    sleep: { units: choice(sleep.units, UNITS), ...nightRulesOf(sleep) }
  }
}
