import type { Node, NodeAPI } from 'node-red'
import { amount, choice } from '../lib/red/config-values'
import { startDataNode, type Run } from '../lib/red/data-node'
import { sendMany } from '../lib/red/send-many'
import { text } from '../lib/red/texts'
import { fetchDevices } from '../lib/withings/devices-run'
import type { DevicesConfig } from './withings-devices.types'

const register = (RED: NodeAPI): void => {
  function WithingsDevices(this: Node, config: DevicesConfig): void {
    RED.nodes.createNode(this, config)

    const output = choice(config.output, ['batch', 'each'])

    const run = async ({ client, userId, saw, msg, send, priority, signal }: Run): Promise<string> => {
      const devices = await fetchDevices(client, userId, { priority, signal })
      saw.devices(devices)
      const messages = devices.map(device => ({ payload: device, topic: `withings/${userId}/${device.id}` }))
      if (output === 'each') await sendMany(RED, msg, messages, send, signal)
      else send(Object.assign(msg, { payload: devices, topic: `withings/${userId}` }))
      return text(RED, 'status.devices', { count: devices.length })
    }

    startDataNode(RED, this, { account: config.account, schedule: amount(config.schedule, 60), run })
  }

  RED.nodes.registerType('withings-devices', WithingsDevices)
}

export = register
