import type { Node, NodeAPI } from 'node-red'
import type { DataConfig } from '../lib/red/data-nodes/config'
import { nonNegative, oneOf } from '../lib/red/data-nodes/config'
import { type Run, startDataNode } from '../lib/red/data-nodes/data-node'
import { sendAs } from '../lib/red/data-nodes/send-many'
import { t } from '../lib/red/i18n/texts'
import { fetchDevices } from '../lib/withings/devices/devices'

const register = (RED: NodeAPI): void => {
  function WithingsDevices(this: Node, config: DataConfig): void {
    RED.nodes.createNode(this, config)

    const output = oneOf(config.output, ['batch', 'each'])

    const run = async (run: Run): Promise<string> => {
      const devices = await fetchDevices(run.context)
      run.saw.devices(devices)
      const topic = `withings/${run.context.userId}`
      const messages =
        output === 'each'
          ? devices.map(device => ({ payload: device, topic: `${topic}/${device.id}` }))
          : [{ payload: devices, topic }]
      await sendAs(RED, run, { output, messages })
      return t(RED, 'status.devices', { count: devices.length })
    }

    startDataNode(RED, this, { account: config.account, schedule: nonNegative(config.schedule, 60), run })
  }

  RED.nodes.registerType('withings-devices', WithingsDevices)
}

export = register
