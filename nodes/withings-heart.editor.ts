import { DATA, dataForm, inputLabels } from './data-form.editor'
import { labelStyle, saveForm } from './form.editor'
import { label, paletteLabel } from './labels.editor'

RED.nodes.registerType('withings-heart', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: DATA.account,
    device: { value: '' },
    what: { value: 'recordings' },
    mode: { value: 'new' },
    days: DATA.days,
    startDate: DATA.startDate,
    startDateType: DATA.startDateType,
    endDate: DATA.endDate,
    endDateType: DATA.endDateType,
    schedule: DATA.schedule,
    output: { value: 'each' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-heart.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels,
  outputLabels() {
    if (this.what === 'signal') return this._('withings-heart.what.signal')
    return this._(`withings-heart.output.${this.output}`)
  },
  oneditprepare: dataForm,
  oneditsave: saveForm
})
