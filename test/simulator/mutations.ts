import type { FaultRegistry, FaultRequest } from './faults'
import type { Envelope } from './replies'
import type { Json, JsonObject } from './types'

/** Where `false` was seen instead of a number. `more` only loses its zero: a lost 1 could not be noticed. */
const falseFields = ['created', 'modified', 'more', 'first_session_date', 'last_session_date']
const surplus: JsonObject = { introduced_later: { level: 3, label: 'new' } }

type Mutation = (faults: FaultRegistry, request: FaultRequest, body: JsonObject) => Json | undefined

/** Each answers the changed body, or nothing when its fault is not on. */
const mutations: Mutation[] = [
  (faults, request, body) => {
    const fault = faults.take('false-numbers', request)
    return fault && mapFields(body, new Set(fault.fields ?? falseFields), toFalse)
  },
  (faults, request, { more: _, ...rest }) => faults.take('missing-more', request) && rest,
  (faults, request, body) => faults.take('stuck-offset', request) && stuck(request, body),
  (faults, request, body) => faults.take('text-numbers', request) && numbersAsText(body),
  (faults, request) => faults.take('array-body', request) && []
]

/** Applies to answers of success only. */
export function mutate(faults: FaultRegistry, request: FaultRequest, envelope: Envelope): Envelope {
  const answer = mutateBody(faults, request, envelope)
  return answer.status === 0 && faults.take('unknown-fields', request) !== undefined
    ? { ...surplus, ...answer, body: withSurplus(answer.body ?? {}) }
    : answer
}

function mutateBody(faults: FaultRegistry, request: FaultRequest, envelope: Envelope): Envelope {
  return mutations.reduce((answer, mutation) => {
    const { body } = answer
    if (answer.status !== 0 || !isObject(body)) {
      return answer
    }
    const changed = mutation(faults, request, body)
    return changed === undefined ? answer : { ...answer, body: changed }
  }, envelope)
}

function toFalse(name: string, value: Json): Json {
  return name === 'more' && (value === 1 || value === true) ? value : false
}

function mapFields(value: Json, names: Set<string>, change: (name: string, value: Json) => Json): Json {
  if (Array.isArray(value)) {
    return value.map(each => mapFields(each, names, change))
  }
  if (!isObject(value)) {
    return value
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      names.has(name) ? change(name, each) : mapFields(each, names, change)
    ])
  )
}

function withSurplus(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(withSurplus)
  }
  return isObject(value)
    ? {
        ...surplus,
        ...Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withSurplus(each)]))
      }
    : value
}

function numbersAsText(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(numbersAsText)
  }
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, numbersAsText(each)]))
  }
  return typeof value === 'number' ? String(value) : value
}

function stuck(request: FaultRequest, body: JsonObject): JsonObject {
  const asked = Number(request.params.offset ?? 0)
  const offset = asked === 0 && (body.more === 1 || body.more === true) ? (body.offset ?? 0) : asked
  return { ...body, more: typeof body.more === 'boolean' ? true : 1, offset }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
