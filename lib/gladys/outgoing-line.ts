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
    : kind === 'state' && hasTypes(state, STATE) && canLeave(state)
}

/** Its date and its value can be written out; nobody is there to catch what is thrown when it leaves. */
function canLeave(state: unknown): boolean {
  const { date, value } = state as Record<string, unknown>
  if (Number.isNaN(new Date(date as number).getTime())) return false
  return typeof value === 'string' ? !/\p{Surrogate}/u.test(value) : typeof value === 'number'
}

function hasTypes(content: unknown, types: Record<string, string>): boolean {
  if (typeof content !== 'object' || content === null) return false
  return Object.entries(types).every(
    ([key, type]) => typeof (content as Record<string, unknown>)[key] === type
  )
}
