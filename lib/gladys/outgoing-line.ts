import type { Outgoing } from './outbox'

/** One line of JSON; JSON escapes line ends, so it stays one. */
export function lineOf(outgoing: Outgoing): string {
  return JSON.stringify(outgoing)
}

/** Back again; undefined for what is no such line. */
export function outgoingOf(line: string): Outgoing | undefined {
  const content = parsed(line)
  return isOutgoing(content) ? content : undefined
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const PUBLICATION = { topic: 'string', payload: 'string', retain: 'boolean' }
const STATE = {
  feature: 'string',
  date: 'number',
  liveTopic: 'string',
  historicalTopic: 'string',
  liveUntil: 'number'
}

function isOutgoing(content: unknown): content is Outgoing {
  const { kind, publication, state } = (content ?? {}) as Record<string, unknown>
  return kind === 'config'
    ? hasTypes(publication, PUBLICATION)
    : kind === 'state' && hasTypes(state, STATE) && isValue(state)
}

function isValue(state: unknown): boolean {
  const { value } = state as Record<string, unknown>
  return typeof value === 'number' || typeof value === 'string'
}

function hasTypes(content: unknown, types: Record<string, string>): boolean {
  if (typeof content !== 'object' || content === null) return false
  return Object.entries(types).every(
    ([key, type]) => typeof (content as Record<string, unknown>)[key] === type
  )
}
