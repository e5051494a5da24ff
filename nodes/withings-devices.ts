import type { NodeAPI } from 'node-red'
import { nonNegative, oneOf } from '../lib/red/data-nodes/config'
import { registerDataNode } from '../lib/red/data-nodes/data-node'
import { sendAs } from '../lib/red/data-nodes/send-messages'
import { t } from '../lib/red/i18n/texts'
import { fetchDevices } from '../lib/withings/devices/devices'

export = (RED: NodeAPI): void =>
  registerDataNode(RED, 'withings-devices', ({ config }) => {
    const output = oneOf(config.output, ['batch', 'each'])
    return {
      schedule: nonNegative(config.schedule, 60),
      run: async run => {
        const devices = await fetchDevices(run.context)
        run.recordSeen.devices(devices)
        const topic = `withings/${run.context.userId}`
        const messages =
          output === 'each'
            ? devices.map(device => ({ payload: device, topic: `${topic}/${device.id}` }))
            : [{ payload: devices, topic }]
        await sendAs(RED, run, { output, messages })
        return { status: t(RED, 'status.devices', { count: devices.length }) }
      }
    }
  })
