import type { Node, NodeAPI, NodeDef } from 'node-red'
import { asInteger, asText } from '../lib/base/json'
import { startNotificationNode } from '../lib/red/notifications/notification-node'
import { registerNotifyRoutes } from '../lib/red/notifications/webhook-routes'
import { USUAL_CATEGORIES } from '../lib/withings/notifications/categories'

type Config = NodeDef & { account: string; publicUrl?: unknown; categories?: unknown }

export = (RED: NodeAPI): void => {
  registerNotifyRoutes(RED)

  function WithingsNotification(this: Node, config: Config): void {
    RED.nodes.createNode(this, config)
    const { account } = config
    const publicUrl = asText(config.publicUrl) ?? ''
    startNotificationNode(RED, this, { account, publicUrl, categories: categoriesOf(config.categories) })
  }

  RED.nodes.registerType('withings-notification', WithingsNotification)
}

/** A flow that was written by hand may leave them out. */
function categoriesOf(value: unknown): readonly number[] {
  const numbers = Array.isArray(value) ? value.map(asInteger).filter(number => number !== undefined) : []
  return numbers.length > 0 ? [...new Set(numbers)] : USUAL_CATEGORIES
}
