import type { NightRules } from '../withings/night'
import { amount } from './config-values'

/** The first of each is the default of a dropped node. */
export const UNITS = ['metric', 'imperial'] as const
export const BRANDS_WANTED = ['include', 'exclude'] as const

/** The rules of a withings-sleep node, or those of a dropped one. */
export function nightRulesOf(config: { readonly [Rule in keyof NightRules]?: unknown }): NightRules {
  return {
    napHours: amount(config.napHours, 3),
    napFrom: amount(config.napFrom, 9),
    napUntil: amount(config.napUntil, 21),
    joinMinutes: amount(config.joinMinutes, 60)
  }
}
