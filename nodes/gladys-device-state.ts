import type { Node, NodeAPI } from 'node-red'
import { type DeviceStateConfig, DeviceStateNode } from '../lib/red/gladys/device-state-node'

export = (RED: NodeAPI): void => {
  function GladysDeviceStateNode(this: Node, config: DeviceStateConfig): void {
    RED.nodes.createNode(this, config)
    const deviceState = new DeviceStateNode(RED, this, config)
    this.on('input', (message, send, done) => deviceState.take(message, send, done))
    this.on('close', () => deviceState.close())
  }

  RED.nodes.registerType('gladys-device-state', GladysDeviceStateNode)
}
