import type { Node, NodeAPI } from 'node-red'
import { VARIABLE } from '../variable'

/**
 * A value that is exactly `${NAME}` or `$(NAME)` → that environment variable. Node-RED does so for the nodes it
 * starts; a login before the first deploy has to do it itself.
 */
export function resolveEnvironment(RED: NodeAPI, value: string, node: Node | undefined): string {
  if (!VARIABLE.test(value)) return value
  const braced = value.replace(
    VARIABLE,
    (_all, braces?: string, brackets?: string) => `\${${braces ?? brackets}}`
  )
  const resolved: unknown = RED.util.evaluateNodeProperty(braced, 'env', node as Node, {})
  return typeof resolved === 'string' ? resolved : ''
}
