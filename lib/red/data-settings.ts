import type { NodeDef } from 'node-red'
import { type NightRules, USUAL_NIGHT_RULES } from '../withings/night'
import { asText } from '../withings/json'
import type { SpanDates } from '../withings/span-dates'
import { amount, choice } from './config-values'

/** The first of each is the default of a dropped node. */
export const UNITS = ['metric', 'imperial'] as const
export const BRANDS_WANTED = ['include', 'exclude'] as const

type Common = 'device' | 'mode' | 'days' | 'schedule' | 'output'

/** A data node as a flow holds it: one that was written by hand may leave out what the editor always fills in. */
export type DataConfig<Own extends string = never> = NodeDef &
  SpanDates & { account: string } & { readonly [Property in Common | Own]?: unknown }

/** What the nodes that read a span of time have in common. */
export function dataSettings(config: DataConfig) {
  return {
    account: config.account,
    /** Id of the wanted device, `manual` for what no device measured; empty means all. */
    device: asText(config.device) ?? '',
    mode: choice(config.mode, ['new', 'period', 'all']),
    /** Reach of `period` and of the first `new` run; 0 means everything. */
    days: amount(config.days, 30),
    /** Minutes between polls; 0 means only on a message. */
    schedule: amount(config.schedule, 15),
    output: choice(config.output, ['each', 'batch', 'latest'])
  }
}

/** What a node asks for, the name of its cursor: it has not told yet of a device what it told of another one. */
export function questionOf(nodeId: string, ...parts: readonly string[]): string {
  return [nodeId, ...parts].filter(part => part !== '').join(' ')
}

/** The rules of a withings-sleep node, or those of a dropped one. */
export function nightRulesOf(config: { readonly [Rule in keyof NightRules]?: unknown }): NightRules {
  return {
    napHours: amount(config.napHours, USUAL_NIGHT_RULES.napHours),
    napFrom: amount(config.napFrom, USUAL_NIGHT_RULES.napFrom),
    napUntil: amount(config.napUntil, USUAL_NIGHT_RULES.napUntil),
    joinMinutes: amount(config.joinMinutes, USUAL_NIGHT_RULES.joinMinutes)
  }
}
