import { DATA, type DataForm, inputLabels, prepareDataForm, saveDataForm } from './data-form.editor'
import { labelStyle } from './form.editor'
import { label, paletteLabel } from './palette.editor'
import { chosenTypes, showTypeList } from './type-list.editor'

interface Form extends DataForm {
  types: string[]
  ambiguous: string
  units: string
}

RED.nodes.registerType<Form>('withings-measures', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: DATA.account,
    device: { value: '' },
    types: { value: [] },
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
  outputLabels() {
    return this._(`withings-measures.output.${this.output}`)
  },
  oneditprepare() {
    prepareDataForm(this)
    showTypeList($('#withings-types'), this.types, (key, params) => this._(key, params))
  },
  oneditsave() {
    this.types = chosenTypes($('#withings-types'))
    saveDataForm(this)
  }
})
