import { DATA, dataForm, inputLabels, outputLabels } from './data-form.editor'
import { follow, labelStyle, saveForm, textIn } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import { atLeastZero, dayHours } from './validators.editor'

RED.nodes.registerType('withings-sleep', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: DATA.account,
    device: { value: '' },
    what: { value: 'nights' },
    mode: { value: 'new' },
    days: DATA.days,
    startDate: DATA.startDate,
    startDateType: DATA.startDateType,
    endDate: DATA.endDate,
    endDateType: DATA.endDateType,
    schedule: DATA.schedule,
    output: { value: 'each' },
    naps: { value: 'include' },
    napHours: { value: 3, validate: dayHours },
    napFrom: { value: 9, validate: dayHours },
    napUntil: { value: 21, validate: dayHours },
    joinMinutes: { value: 60, validate: atLeastZero },
    units: { value: 'metric' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-sleep.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels,
  outputLabels,
  oneditprepare() {
    dataForm.call(this)
    follow('#node-input-napHours, #node-input-napFrom, #node-input-napUntil', hours => {
      const naps = hours === '' || Number(hours) !== 0
      const [from, until] = [textIn('#node-input-napFrom'), textIn('#node-input-napUntil')]
      $('#withings-nap-window').toggle(naps)
      $('#withings-nap-hint').text(
        this._(`withings-sleep.napHint.${naps ? 'rule' : 'never'}`, { hours, from, until })
      )
    })
  },
  oneditsave: saveForm
})
