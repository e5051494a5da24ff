import { badInput } from '../errors'
import { asObject } from './json'
import { meastypeOf } from './measure-types'
import { isAbsent, planSpan, type SpanPlan, type SpanSettings } from './span-plan'

/** Settings of a withings-measures node that a message may override (design.md §2.4). */
export interface MeasuresSettings extends SpanSettings {
  types: readonly string[]
}

export type MeasuresPlan = SpanPlan & {
  types: readonly string[]
  /** The message asks for some of the node's types only: what the node has delivered of them is delivered. */
  narrowed?: true
}

/**
 * Node settings and `msg.mode`, `msg.types`, `msg.startDate`, `msg.endDate` → plan. `now` in Unix milliseconds.
 * Throws BAD_INPUT for an unknown type and for what `planSpan` cannot use.
 */
export function planMeasures(settings: MeasuresSettings, message: unknown, now: number): MeasuresPlan {
  const asked = typesOf(asObject(message)?.types)
  const types = asked ?? settings.types
  types.forEach(requireKnown)
  const plan = { ...planSpan(settings, message, now), types }
  return plan.kind === 'new' && isPart(types, settings.types) ? { ...plan, narrowed: true } : plan
}

/** Whether `types` are some, but not all, of `whole`; an empty list stands for all types. */
function isPart(types: readonly string[], whole: readonly string[]): boolean {
  if (types.length === 0) return false
  if (whole.length === 0) return true
  return types.every(type => whole.includes(type)) && !whole.every(type => types.includes(type))
}

function typesOf(value: unknown): string[] | undefined {
  if (isAbsent(value)) return undefined
  const list: unknown[] =
    typeof value === 'string'
      ? value.split(',').map(name => name.trim())
      : Array.isArray(value)
        ? value
        : [value]
  return list.filter(name => name !== '').map(requireKnown)
}

function requireKnown(name: unknown): string {
  if (typeof name === 'string' && meastypeOf(name) !== undefined) return name
  throw badInput(`unknown type ${typeof name === 'string' ? JSON.stringify(name.slice(0, 40)) : typeof name}`)
}
