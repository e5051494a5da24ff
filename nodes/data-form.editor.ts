import type { SpanDates } from '../lib/withings/sync/query'
import { showDevices } from './device-list.editor'
import {
  atLeastZero,
  follow,
  numberIn,
  prepareForm,
  someSchedule,
  textIn,
  type Translate,
  type Translating
} from './form.editor'
import { dateField, prepareSpan } from './span.editor'

/** What the nodes that read a span of time keep in a flow. */
export interface DataForm extends Required<SpanDates> {
  name: string
  account: string
  device: string
  mode: string
  days: number
  schedule: number
  output: string
}

/** Shared entries of `defaults`; each form lists them by name, for the scorecard reads no spread. */
export const DATA = {
  account: { value: '', type: 'withings-account', required: true },
  days: { value: 30, validate: atLeastZero },
  startDate: { value: 'startDate', validate: dateField('startDate') },
  startDateType: { value: 'msg' },
  endDate: { value: 'endDate', validate: dateField('endDate') },
  endDateType: { value: 'msg' },
  schedule: { value: 15, validate: someSchedule }
}

export function inputLabels(this: Translating): string {
  return this._(`${this.type}.port.in`)
}

/** For oneditprepare: the rows that these forms share. */
export function prepareDataForm(node: DataForm & Translating): void {
  prepareForm(node)
  const t: Translate = (key, params) => node._(key, params)
  prepareSpan(t)
  showDevices(node.device, t)
  follow('#node-input-mode', () => {
    const mode = textIn('#node-input-mode')
    $('#withings-days').toggle(mode !== 'all')
    $('#withings-mode-hint').text(t(`${node.type}.modeHint.${mode}`))
    if (mode !== 'all') $('#withings-days-hint').text(t(`${node.type}.daysHint.${mode}`))
  })
}

/** For oneditsave. */
export function saveDataForm(node: DataForm): void {
  node.days = numberIn('#node-input-days')
  node.schedule = numberIn('#node-input-schedule')
}
