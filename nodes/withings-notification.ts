import type { Node, NodeAPI, NodeDef } from 'node-red'
import { registerNotifyRoutes } from '../lib/red/notify-routes'
import { startNotifyNode } from '../lib/red/notify-node'
import { asInteger, asText } from '../lib/withings/json'
import { USUAL_CATEGORIES } from '../lib/withings/notify-categories'

type Config = NodeDef & { account: string; publicUrl?: unknown; categories?: unknown }

const register = (RED: NodeAPI): void => {
  registerNotifyRoutes(RED)

  function WithingsNotification(this: Node, config: Config): void {
    RED.nodes.createNode(this, config)
    const { account } = config
    const publicUrl = asText(config.publicUrl) ?? ''
    startNotifyNode(RED, this, { account, publicUrl, categories: categoriesOf(config.categories) })
  }

  RED.nodes.registerType('withings-notification', WithingsNotification)
}

/** A flow that was written by hand may leave them out. */
function categoriesOf(value: unknown): readonly number[] {
  const numbers = Array.isArray(value) ? value.map(asInteger).filter(number => number !== undefined) : []
  return numbers.length > 0 ? [...new Set(numbers)] : USUAL_CATEGORIES
}

export = register
