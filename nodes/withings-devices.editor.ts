import { numberIn, prepareForm, someSchedule } from './form.editor'
import type { DevicesProperties } from './withings-devices.types'

interface Form extends DevicesProperties {
  name: string
}

RED.nodes.registerType<Form>('withings-devices', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    schedule: { value: 60, validate: someSchedule },
    output: { value: 'batch' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-devices.svg',
  paletteLabel() {
    return this._('withings-devices.paletteLabel')
  },
  label() {
    return this.name || this._('withings-devices.paletteLabel')
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : ''
  },
  inputLabels() {
    return this._('withings-devices.port.in')
  },
  outputLabels() {
    return this._(`withings-devices.output.${this.output}`)
  },
  oneditprepare() {
    prepareForm(this)
  },
  oneditsave() {
    this.schedule = numberIn('#node-input-schedule')
  }
})
