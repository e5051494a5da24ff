import { DATA, dataForm, inputLabels } from './data-form.editor'
import { follow, labelStyle, saveForm, textIn } from './form.editor'
import { label, paletteLabel } from './labels.editor'

RED.nodes.registerType('withings-activity', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: DATA.account,
    device: { value: '' },
    what: { value: 'daily' },
    mode: { value: 'new' },
    days: DATA.days,
    startDate: DATA.startDate,
    startDateType: DATA.startDateType,
    endDate: DATA.endDate,
    endDateType: DATA.endDateType,
    schedule: DATA.schedule,
    output: { value: 'each' },
    external: { value: 'include' },
    units: { value: 'metric' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-activity.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels,
  outputLabels() {
    return this._(`withings-activity.what.${this.what}`)
  },
  oneditprepare() {
    dataForm.call(this)
    follow('#node-input-what, #node-input-mode', what => {
      const kind = what === 'goals' ? what : textIn('#node-input-mode')
      $('#withings-mode-hint').text(this._(`withings-activity.modeHint.${kind}`))
    })
  },
  oneditsave: saveForm
})
