import type { Node, NodeAPI } from 'node-red'
import { amount, choice } from '../lib/red/config-values'
import { startDataNode, type Run } from '../lib/red/data-node'
import { sendAs } from '../lib/red/send-many'
import { text } from '../lib/red/texts'
import { fetchDevices } from '../lib/withings/getdevice'
import type { DataConfig } from '../lib/red/data-settings'

const register = (RED: NodeAPI): void => {
  function WithingsDevices(this: Node, config: DataConfig): void {
    RED.nodes.createNode(this, config)

    const output = choice(config.output, ['batch', 'each'])

    const run = async (run: Run): Promise<string> => {
      const devices = await fetchDevices(run.context)
      run.saw.devices(devices)
      const topic = `withings/${run.context.userId}`
      const messages =
        output === 'each'
          ? devices.map(device => ({ payload: device, topic: `${topic}/${device.id}` }))
          : [{ payload: devices, topic }]
      await sendAs(RED, run, { output, messages })
      return text(RED, 'status.devices', { count: devices.length })
    }

    startDataNode(RED, this, { account: config.account, schedule: amount(config.schedule, 60), run })
  }

  RED.nodes.registerType('withings-devices', WithingsDevices)
}

export = register
