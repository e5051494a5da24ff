import { isDeepStrictEqual } from 'node:util'
import { asNumber } from '../../base/json'
import { oneOf, optional, shape } from '../../base/shape'
import { USUAL_NIGHT_RULES } from '../sleep/night'
import type { HistoryOptions } from './history'

/** The parts of a history that nodes decode by rules of their own. */
export type RuleSubject = keyof HistoryOptions
export const RULE_SUBJECTS = ['measures', 'days', 'workouts', 'sleep'] as const satisfies RuleSubject[]

export type Rules = Partial<HistoryOptions>

/** A running data node and the rules by which it decodes data that a history has, too. */
export interface RuleSource {
  id: string
  rules: Rules
}

/** `default`, a dropped node's rules, or the id of a node. */
export const DEFAULT_RULES = 'default'

export interface RuleChoice<S extends RuleSubject = RuleSubject> {
  id: string
  rules: HistoryOptions[S]
}

/** How one part of a history is decoded, and why. */
export interface Decision {
  subject: RuleSubject
  /** `flow`: the nodes that feed the target agree; `differ`: they do not; `none`: there is none. */
  because: 'flow' | 'differ' | 'none'
  /** The first one is the default; there are others only where the flow does not decide. */
  choices: [RuleChoice, ...RuleChoice[]]
}

/** Those of a dropped node. */
export const DROPPED_RULES: HistoryOptions = {
  measures: { units: 'metric' },
  days: { units: 'metric', external: 'include' },
  workouts: { units: 'metric', external: 'include' },
  sleep: { units: 'metric', ...USUAL_NIGHT_RULES }
}

const units = oneOf(['metric', 'imperial'])
const external = oneOf(['include', 'exclude'])
const night = { napHours: asNumber, napFrom: asNumber, napUntil: asNumber, joinMinutes: asNumber }

/** Stored rules. */
export const parseRules = shape({
  measures: optional(shape({ units })),
  days: optional(shape({ units, external })),
  workouts: optional(shape({ units, external })),
  sleep: optional(shape({ units, ...night }))
})

/**
 * How the history is decoded for a target that gets new values from `feeding`. `others` send the same person's values
 * elsewhere: they never decide, but may be chosen.
 */
export function decide(feeding: readonly RuleSource[], others: readonly RuleSource[]): Decision[] {
  return RULE_SUBJECTS.map(subject => {
    const inFlow = choicesOf(subject, feeding)
    const [first, second] = inFlow
    if (first && !second) return { subject, because: 'flow', choices: [first] }
    const fallback = { id: DEFAULT_RULES, rules: DROPPED_RULES[subject] }
    const alternatives = first ? inFlow : choicesOf(subject, others)
    return {
      subject,
      because: first ? 'differ' : 'none',
      choices: [fallback, ...alternatives.filter(({ rules }) => !isDeepStrictEqual(rules, fallback.rules))]
    }
  })
}

/** Different rules only, each with the first node that has them. */
function choicesOf(subject: RuleSubject, sources: readonly RuleSource[]): RuleChoice[] {
  const choices: RuleChoice[] = []
  for (const { id, rules: all } of sources) {
    const rules = all[subject]
    if (rules !== undefined && !choices.some(choice => isDeepStrictEqual(choice.rules, rules)))
      choices.push({ id, rules })
  }
  return choices
}

/** The decisions as options, where nobody has `chosen` otherwise. */
export function optionsOf(decisions: readonly Decision[], chosen: Rules): HistoryOptions {
  const decided = Object.fromEntries(decisions.map(({ subject, choices: [first] }) => [subject, first.rules]))
  return { ...DROPPED_RULES, ...(decided as Rules), ...chosen }
}

/** By part, the rules of the choice with the wanted id; undefined where there is no such choice. */
export function chosenRules(
  decisions: readonly Decision[],
  wanted: Readonly<Partial<Record<RuleSubject, string>>>
): Rules | undefined {
  const asked = decisions.filter(({ subject }) => wanted[subject] !== undefined)
  const chosen = asked.map(({ subject, choices }) => [
    subject,
    choices.find(({ id }) => id === wanted[subject])?.rules
  ])
  return chosen.every(([, rules]) => rules !== undefined) ? (Object.fromEntries(chosen) as Rules) : undefined
}
