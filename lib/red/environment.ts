import type { Node, NodeAPI } from 'node-red'
import { badInput } from '../errors'
import { VARIABLE } from '../variable'
import { asObject } from '../withings/json'

/**
 * A value that is exactly `${NAME}` or `$(NAME)` → that environment variable. Node-RED does so for the nodes it
 * starts; a login with values of the form has to do it itself. Throws BAD_INPUT for a variable that is not among
 * `allowed`: whoever sends a request must not read the environment of the process by it.
 */
export function resolveEnvironment(
  RED: NodeAPI,
  value: string,
  node: Node | undefined,
  allowed: ReadonlySet<string>
): string {
  const name = variableIn(value)
  if (name === undefined) return value
  if (!allowed.has(name))
    throw badInput(
      `the deployed account node does not use the variable ${name.slice(0, 40)}; press Deploy, then Connect`
    )
  const resolved: unknown = RED.util.evaluateNodeProperty(`\${${name}}`, 'env', node as Node, {})
  return typeof resolved === 'string' ? resolved : ''
}

/** Names of the environment variables in the properties and credentials of a deployed node, as they are stored. */
export function variablesOf(RED: NodeAPI, id: string): ReadonlySet<string> {
  const stored: unknown[] = [RED.nodes.getCredentials(id)]
  RED.nodes.eachNode(definition => {
    if (definition.id === id) stored.push(definition)
  })
  const values = stored.flatMap(properties => Object.values(asObject(properties) ?? {}))
  return new Set(values.flatMap(value => (typeof value === 'string' ? (variableIn(value.trim()) ?? []) : [])))
}

function variableIn(value: string): string | undefined {
  const [, braces, brackets] = VARIABLE.exec(value) ?? []
  return braces ?? brackets
}
