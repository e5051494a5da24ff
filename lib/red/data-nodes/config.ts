import type { NodeDef } from 'node-red'
import { asNumber, asText } from '../../base/json'
import { type NightRules, USUAL_NIGHT_RULES } from '../../withings/sleep/night'
import type { SpanDates } from '../../withings/sync/query'

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
    mode: oneOf(config.mode, ['new', 'period', 'all']),
    /** Reach of `period` and of the first `new` run; 0 means everything. */
    days: nonNegative(config.days, 30),
    /** Minutes between polls; 0 means only on a message. */
    schedule: nonNegative(config.schedule, 15),
    output: oneOf(config.output, ['each', 'batch', 'latest'])
  }
}

/** What a node asks for, the name of its cursor: it has not told yet of a device what it told of another one. */
export function cursorKeyOf(nodeId: string, ...parts: readonly string[]): string {
  return [nodeId, ...parts].filter(part => part !== '').join(' ')
}

/** The rules of a withings-sleep node, or those of a dropped one. */
export function nightRulesOf(config: { readonly [Rule in keyof NightRules]?: unknown }): NightRules {
  return {
    napHours: nonNegative(config.napHours, USUAL_NIGHT_RULES.napHours),
    napFrom: nonNegative(config.napFrom, USUAL_NIGHT_RULES.napFrom),
    napUntil: nonNegative(config.napUntil, USUAL_NIGHT_RULES.napUntil),
    joinMinutes: nonNegative(config.joinMinutes, USUAL_NIGHT_RULES.joinMinutes)
  }
}

/** A number of 0 or more as the editor or a hand-written flow gives it; else the default. */
export function nonNegative(value: unknown, otherwise: number): number {
  const number = asNumber(value)
  return number !== undefined && number >= 0 ? number : otherwise
}

/** One of the known words; else the first of them, which is the default. */
export function oneOf<T extends string>(value: unknown, words: readonly [T, ...T[]]): T {
  return words.find(word => word === value) ?? words[0]
}

/** The texts of a list. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
