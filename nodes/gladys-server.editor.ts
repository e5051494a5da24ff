import { VARIABLE } from '../lib/variable'
import { brokerUrl, follow, labelStyle, numberIn, someRate, textIn, webUrlOrBlank } from './form.editor'
import type { GladysServerCredentials, GladysServerProperties } from './gladys-server.types'

interface Form extends GladysServerProperties {
  name: string
}

RED.nodes.registerType<Form, GladysServerCredentials>('gladys-server', {
  category: 'config',
  defaults: {
    name: { value: '' },
    mqttUrl: { value: 'mqtt://localhost:1883', validate: brokerUrl },
    tls: { value: '', type: 'tls-config', required: false },
    httpUrl: { value: '', validate: webUrlOrBlank },
    rate: { value: 100, validate: someRate }
  },
  credentials: {
    mqttUsername: { type: 'text' },
    mqttPassword: { type: 'password' },
    email: { type: 'text' },
    password: { type: 'password' }
  },
  label() {
    return this.name || this.mqttUrl || this._('gladys-server.defaultName')
  },
  labelStyle,
  oneditprepare() {
    follow('#node-config-input-mqttUrl', () => {
      const url = textIn('#node-config-input-mqttUrl')
      $('#gladys-tls-row').toggle(/^(mqtts|wss):/.test(url) || VARIABLE.test(url))
    })
  },
  oneditsave() {
    this.rate = numberIn('#node-config-input-rate')
  }
})
