import type { NightRules } from '../withings/night'
import { asText } from '../withings/json'
import { amount } from './config-values'

/** The first of each is the default of a dropped node. */
export const UNITS = ['metric', 'imperial'] as const
export const BRANDS_WANTED = ['include', 'exclude'] as const

/** Id of the wanted device; empty means all. */
export function deviceOf({ device }: { readonly device?: unknown }): string {
  return asText(device) ?? ''
}

/** What a node asks for, the name of its cursor: it has not told yet of a device what it told of another one. */
export function questionOf(nodeId: string, ...parts: readonly string[]): string {
  return [nodeId, ...parts].filter(part => part !== '').join(' ')
}

/** The rules of a withings-sleep node, or those of a dropped one. */
export function nightRulesOf(config: { readonly [Rule in keyof NightRules]?: unknown }): NightRules {
  return {
    napHours: amount(config.napHours, 3),
    napFrom: amount(config.napFrom, 9),
    napUntil: amount(config.napUntil, 21),
    joinMinutes: amount(config.joinMinutes, 60)
  }
}
