import { showDevices } from './device-list.editor'
import {
  atLeastZero,
  follow,
  numberIn,
  prepareForm,
  someSchedule,
  textIn,
  type Translate
} from './form.editor'
import { dateField, prepareSpan } from './span.editor'
import { showTypeList, type TypeList } from './type-list.editor'
import type { MeasuresProperties } from './withings-measures.types'

interface Form extends MeasuresProperties {
  name: string
}

let typeList: TypeList | undefined

RED.nodes.registerType<Form>('withings-measures', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    device: { value: '' },
    types: { value: [] },
    mode: { value: 'new' },
    days: { value: 30, validate: atLeastZero },
    startDate: { value: 'startDate', validate: dateField('startDate') },
    startDateType: { value: 'msg' },
    endDate: { value: 'endDate', validate: dateField('endDate') },
    endDateType: { value: 'msg' },
    schedule: { value: 15, validate: someSchedule },
    output: { value: 'each' },
    ambiguous: { value: 'exclude' },
    units: { value: 'metric' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-measures.svg',
  paletteLabel() {
    return this._('withings-measures.paletteLabel')
  },
  label() {
    return this.name || this._('withings-measures.paletteLabel')
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : ''
  },
  inputLabels() {
    return this._('withings-measures.port.in')
  },
  outputLabels() {
    return this._(`withings-measures.output.${this.output}`)
  },
  oneditprepare() {
    prepareForm(this)
    const t: Translate = (key, params) => this._(key, params)
    prepareSpan(t)
    showDevices(this.device, t)
    typeList = showTypeList($('#withings-types'), this.types, t)
    follow('#node-input-mode', () => {
      const mode = textIn('#node-input-mode')
      $('#withings-days').toggle(mode !== 'all')
      $('#withings-mode-hint').text(this._(`withings-measures.modeHint.${mode}`))
      if (mode !== 'all') $('#withings-days-hint').text(this._(`withings-measures.daysHint.${mode}`))
    })
  },
  oneditsave() {
    if (typeList) this.types = typeList.chosen()
    this.days = numberIn('#node-input-days')
    this.schedule = numberIn('#node-input-schedule')
  }
})
