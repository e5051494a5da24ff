import { showDevices } from './device-list.editor'
import {
  atLeastZero,
  dayHours,
  follow,
  numberIn,
  prepareForm,
  someSchedule,
  textIn,
  type Translate
} from './form.editor'
import { dateField, prepareSpan } from './span.editor'
import type { SleepProperties } from './withings-sleep.types'

interface Form extends SleepProperties {
  name: string
}

const NAP_FIELDS = ['napHours', 'napFrom', 'napUntil'] as const
const NUMBERS = ['days', 'schedule', 'joinMinutes', ...NAP_FIELDS] as const

RED.nodes.registerType<Form>('withings-sleep', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    device: { value: '' },
    what: { value: 'nights' },
    mode: { value: 'new' },
    days: { value: 30, validate: atLeastZero },
    startDate: { value: 'startDate', validate: dateField('startDate') },
    startDateType: { value: 'msg' },
    endDate: { value: 'endDate', validate: dateField('endDate') },
    endDateType: { value: 'msg' },
    schedule: { value: 15, validate: someSchedule },
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
  paletteLabel() {
    return this._('withings-sleep.paletteLabel')
  },
  label() {
    return this.name || this._(`withings-sleep.what.${this.what}`)
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : ''
  },
  inputLabels() {
    return this._('withings-sleep.port.in')
  },
  outputLabels() {
    return this._(`withings-sleep.output.${this.output}`)
  },
  oneditprepare() {
    prepareForm(this)
    const t: Translate = (key, params) => this._(key, params)
    prepareSpan(t)
    showDevices(this.device, t)
    follow('#node-input-what', () => {
      const what = textIn('#node-input-what')
      $('#withings-what-hint').text(this._(`withings-sleep.whatHint.${what}`))
      $('#withings-units').toggle(what === 'nights')
    })
    follow('#node-input-mode', () => {
      const mode = textIn('#node-input-mode')
      $('#withings-days').toggle(mode !== 'all')
      $('#withings-mode-hint').text(this._(`withings-sleep.modeHint.${mode}`))
      if (mode !== 'all') $('#withings-days-hint').text(this._(`withings-sleep.daysHint.${mode}`))
    })
    follow(NAP_FIELDS.map(field => `#node-input-${field}`).join(), () => {
      const [hours = '', from = '', until = ''] = NAP_FIELDS.map(field => textIn(`#node-input-${field}`))
      const naps = hours === '' || Number(hours) !== 0
      $('#withings-nap-window').toggle(naps)
      $('#withings-nap-hint').text(
        this._(`withings-sleep.napHint.${naps ? 'rule' : 'never'}`, { hours, from, until })
      )
    })
  },
  oneditsave() {
    for (const field of NUMBERS) this[field] = numberIn(`#node-input-${field}`)
  }
})
