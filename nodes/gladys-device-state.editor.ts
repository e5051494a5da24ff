import { atLeastZero, follow, labelStyle, numberIn, prepareForm, textIn } from './form.editor'
import { label, paletteLabel } from './palette.editor'

interface Form {
  name: string
  server: string
  create: string
  liveMinutes: number
  person: string
}

RED.nodes.registerType<Form>('gladys-device-state', {
  category: 'gladys',
  color: '#a9b4d6',
  defaults: {
    name: { value: '' },
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
  oneditprepare() {
    prepareForm(this)
    follow('#node-input-create', () => {
      $('#gladys-create-hint').text(this._(`gladys-device-state.createHint.${textIn('#node-input-create')}`))
    })
  },
  oneditsave() {
    this.liveMinutes = numberIn('#node-input-liveMinutes')
  }
})
