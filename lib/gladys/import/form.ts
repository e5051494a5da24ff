import { CodedError } from '../../base/errors'
import { asObject } from '../../base/json'
import { RULE_SUBJECTS, type RuleSubject } from '../../withings/history/rules'
import { isAbsent } from '../../withings/sync/query'

/** What an import is asked for: ids of the two nodes, one device or all, a date or the whole history. */
export interface ImportForm {
  node: string
  account: string
  deviceId: string | null
  /** ISO 8601 in UTC. */
  from: string | null
  /** By part of the history, whose rules it is sent by: a node's id or `default`; else the flow decides. */
  rules: Partial<Record<RuleSubject, string>>
}

const ID = /^[\w.-]{1,250}$/
const ISO = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/

/** Body of `POST withings/imports`; throws BAD_INPUT that names the field. */
export function parseImportForm(body: unknown): ImportForm {
  const form = asObject(body)
  if (form === undefined) throw new CodedError('BAD_INPUT', 'noBody')
  const { deviceId, from, rules } = form
  return {
    node: idIn(form, 'node'),
    account: idIn(form, 'account'),
    deviceId: isAbsent(deviceId) ? null : idIn(form, 'deviceId'),
    from: isAbsent(from) ? null : dateOf(from),
    rules: isAbsent(rules) ? {} : rulesIn(rules)
  }
}

function idIn(form: Readonly<Record<string, unknown>>, field: string): string {
  const value = form[field]
  if (typeof value === 'string' && ID.test(value)) return value
  throw new CodedError('BAD_INPUT', 'wrongId', { field })
}

function rulesIn(value: unknown): ImportForm['rules'] {
  const rules = asObject(value)
  if (rules === undefined) throw new CodedError('BAD_INPUT', 'notObject', { field: 'rules' })
  const wanted = RULE_SUBJECTS.filter(subject => !isAbsent(rules[subject]))
  return Object.fromEntries(wanted.map(subject => [subject, idIn(rules, subject)]))
}

function dateOf(value: unknown): string {
  const time = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : NaN
  if (!(time > 0)) throw new CodedError('BAD_INPUT', 'wrongFrom')
  return new Date(time).toISOString()
}
