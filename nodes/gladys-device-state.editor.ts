import { labelStyle, openForm, saveForm } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import { atLeastZero } from './validators.editor'

RED.nodes.registerType('gladys-device-state', {
  category: 'gladys',
  color: '#a9b4d6',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    server: { value: '', type: 'gladys-server', required: true },
    create: { value: 'discovery' },
    liveMinutes: { value: 15, validate: atLeastZero },
    person: { value: '' }
  },
  inputs: 1,
  outputs: 2,
  icon: 'gladys-device-state.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels() {
    return this._('gladys-device-state.port.in')
  },
  outputLabels(index) {
    return this._(`gladys-device-state.port.${index === 0 ? 'out' : 'import'}`)
  },
  oneditprepare: openForm,
  oneditsave: saveForm
})
