import { DATA, dataForm, inputLabels, outputLabels } from './data-form.editor'
import { labelStyle, saveForm } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import { pollMinutes } from './validators.editor'

RED.nodes.registerType('withings-devices', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: DATA.account,
    schedule: { value: 60, validate: pollMinutes },
    output: { value: 'batch' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-devices.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels,
  outputLabels,
  oneditprepare: dataForm,
  oneditsave: saveForm
})
