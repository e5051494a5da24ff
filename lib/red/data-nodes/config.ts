import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red'
import { CodedError } from '../../base/errors'
import { asNumber, asText } from '../../base/json'
import { type NightRules, USUAL_NIGHT_RULES } from '../../withings/sleep/night'
import { type DateField, DATES, type SpanDates } from '../../withings/sync/query'

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

/** Key of the node's cursor; one per device, so that switching devices skips nothing. */
export function cursorKeyOf(nodeId: string, ...parts: readonly string[]): string {
  return [nodeId, ...parts].filter(part => part !== '').join(' ')
}

/** The rules of a withings-sleep node, or those of a dropped one. */
export function nightRulesOf(config: { readonly [Rule in keyof NightRules]?: unknown }): NightRules {
  const rules = { ...USUAL_NIGHT_RULES }
  for (const rule of Object.keys(rules) as (keyof NightRules)[])
    rules[rule] = nonNegative(config[rule], rules[rule])
  return rules
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

/**
 * The message with the dates that the node's form names, for planning a run. Nothing but a copy: the message itself
 * goes on as it came. Throws BAD_INPUT for an expression that fails.
 */
export async function withDates(
  RED: NodeAPI,
  node: Node,
  config: SpanDates,
  msg: NodeMessageInFlow
): Promise<object> {
  const dated: NodeMessageInFlow & Partial<Record<DateField, unknown>> = { ...msg }
  for (const field of DATES) {
    const type = asText(config[`${field}Type`])
    const value = asText(config[field])
    if (type === undefined) continue
    dated[field] = await new Promise((resolve, reject) => {
      const settle = (error: unknown, result: unknown) => {
        if (error) reject(new CodedError('BAD_INPUT', 'wrongExpression', { field }))
        else resolve(result)
      }
      if (value === undefined) return resolve(undefined)
      try {
        RED.util.evaluateNodeProperty(value, type, node, msg, settle)
      } catch (error) {
        settle(error, undefined)
      }
    })
  }
  return dated
}
