import { DATA, dataForm, inputLabels, outputLabels } from './data-form.editor'
import { labelStyle, saveForm } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import { chosenTypes, showTypes } from './measure-types.editor'

RED.nodes.registerType('withings-measures', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: DATA.account,
    device: { value: '' },
    types: { value: [] as string[] },
    mode: { value: 'new' },
    days: DATA.days,
    startDate: DATA.startDate,
    startDateType: DATA.startDateType,
    endDate: DATA.endDate,
    endDateType: DATA.endDateType,
    schedule: DATA.schedule,
    output: { value: 'each' },
    ambiguous: { value: 'exclude' },
    units: { value: 'metric' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-measures.svg',
  paletteLabel,
  label,
  labelStyle,
  inputLabels,
  outputLabels,
  oneditprepare() {
    dataForm.call(this)
    showTypes(this.types, this._)
  },
  oneditsave() {
    saveForm.call(this)
    this.types = chosenTypes()
  }
})
