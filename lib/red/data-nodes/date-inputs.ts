import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red'
import { CodedError } from '../../base/errors'
import { asObject, asText } from '../../base/json'
import { type DateField, DATES, type SpanDates } from '../../withings/sync/query'

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
  const dates: Partial<Record<DateField, unknown>> = {}
  for (const field of DATES) dates[field] = await dateOf(RED, node, config, msg, field)
  return { ...msg, ...dates }
}

function dateOf(
  RED: NodeAPI,
  node: Node,
  config: SpanDates,
  msg: NodeMessageInFlow,
  field: DateField
): Promise<unknown> {
  const value = asText(config[field]) ?? ''
  const type = asText(config[`${field}Type`]) ?? ''
  return new Promise((resolve, reject) => {
    const told = (error: unknown, result: unknown) => {
      if (error) reject(new CodedError('BAD_INPUT', 'wrongExpression', { field }))
      else resolve(result)
    }
    if (type === '') return resolve(asObject(msg)?.[field])
    if (value.trim() === '') return resolve(undefined)
    try {
      RED.util.evaluateNodeProperty(value, type, node, msg, told)
    } catch (error) {
      told(error, undefined)
    }
  })
}
