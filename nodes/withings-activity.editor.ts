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
import type { ActivityProperties } from './withings-activity.types'

interface Form extends ActivityProperties {
  name: string
}

RED.nodes.registerType<Form>('withings-activity', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    device: { value: '' },
    what: { value: 'daily' },
    mode: { value: 'new' },
    days: { value: 30, validate: atLeastZero },
    startDate: { value: 'startDate', validate: dateField('startDate') },
    startDateType: { value: 'msg' },
    endDate: { value: 'endDate', validate: dateField('endDate') },
    endDateType: { value: 'msg' },
    schedule: { value: 15, validate: someSchedule },
    output: { value: 'each' },
    external: { value: 'include' },
    units: { value: 'metric' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-activity.svg',
  paletteLabel() {
    return this._('withings-activity.paletteLabel')
  },
  label() {
    return this.name || this._(`withings-activity.what.${this.what}`)
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : ''
  },
  inputLabels() {
    return this._('withings-activity.port.in')
  },
  outputLabels() {
    return this._(`withings-activity.what.${this.what}`)
  },
  oneditprepare() {
    prepareForm(this)
    const t: Translate = (key, params) => this._(key, params)
    prepareSpan(t)
    showDevices(this.device, t)
    const showHints = () => {
      const [what, mode] = [textIn('#node-input-what'), textIn('#node-input-mode')]
      const isList = what !== 'goals'
      $('#withings-days').toggle(isList && mode !== 'all')
      $('#withings-external, #withings-span, #withings-device').toggle(isList)
      $('#withings-what-hint').text(this._(`withings-activity.whatHint.${what}`))
      $('#withings-mode-hint').text(this._(`withings-activity.modeHint.${isList ? mode : what}`))
      if (mode !== 'all') $('#withings-days-hint').text(this._(`withings-activity.daysHint.${mode}`))
    }
    follow('#node-input-what, #node-input-mode', showHints)
  },
  oneditsave() {
    this.days = numberIn('#node-input-days')
    this.schedule = numberIn('#node-input-schedule')
  }
})
