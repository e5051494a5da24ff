import { labelStyle, numberIn, prepareForm, someSchedule } from './form.editor'
import { label, paletteLabel } from './palette.editor'

interface Form {
  name: string
  account: string
  schedule: number
  output: string
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
  paletteLabel,
  label,
  labelStyle,
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
