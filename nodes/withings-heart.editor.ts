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
import type { HeartProperties } from './withings-heart.types'

interface Form extends HeartProperties {
  name: string
}

RED.nodes.registerType<Form>('withings-heart', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    device: { value: '' },
    what: { value: 'recordings' },
    mode: { value: 'new' },
    days: { value: 30, validate: atLeastZero },
    startDate: { value: 'startDate', validate: dateField('startDate') },
    startDateType: { value: 'msg' },
    endDate: { value: 'endDate', validate: dateField('endDate') },
    endDateType: { value: 'msg' },
    schedule: { value: 15, validate: someSchedule },
    output: { value: 'each' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-heart.svg',
  paletteLabel() {
    return this._('withings-heart.paletteLabel')
  },
  label() {
    return this.name || this._(`withings-heart.what.${this.what}`)
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : ''
  },
  inputLabels() {
    return this._('withings-heart.port.in')
  },
  outputLabels() {
    return this._(`withings-heart.output.${this.what === 'signal' ? 'signal' : this.output}`)
  },
  oneditprepare() {
    prepareForm(this)
    const t: Translate = (key, params) => this._(key, params)
    prepareSpan(t)
    showDevices(this.device, t)
    follow('#node-input-what', () => {
      const what = textIn('#node-input-what')
      $('#withings-heart-list').toggle(what !== 'signal')
      $('#withings-what-hint').text(this._(`withings-heart.whatHint.${what}`))
    })
    follow('#node-input-mode', () => {
      const mode = textIn('#node-input-mode')
      $('#withings-days').toggle(mode !== 'all')
      $('#withings-mode-hint').text(this._(`withings-heart.modeHint.${mode}`))
      if (mode !== 'all') $('#withings-days-hint').text(this._(`withings-heart.daysHint.${mode}`))
    })
  },
  oneditsave() {
    this.days = numberIn('#node-input-days')
    this.schedule = numberIn('#node-input-schedule')
  }
})
