import { DATA, type DataForm, inputLabels, prepareDataForm, saveDataForm } from './data-form.editor'
import { atLeastZero, dayHours, follow, labelStyle, numberIn, textIn } from './form.editor'
import { paletteLabel } from './palette.editor'

interface Form extends DataForm {
  what: string
  naps: string
  napHours: number
  napFrom: number
  napUntil: number
  joinMinutes: number
  units: string
}

const NAP_FIELDS = ['napHours', 'napFrom', 'napUntil'] as const
const NUMBERS = ['joinMinutes', ...NAP_FIELDS] as const

RED.nodes.registerType<Form>('withings-sleep', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
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
  label() {
    return this.name || this._(`withings-sleep.what.${this.what}`)
  },
  labelStyle,
  inputLabels,
  outputLabels() {
    return this._(`withings-sleep.output.${this.output}`)
  },
  oneditprepare() {
    prepareDataForm(this)
    follow('#node-input-what', () => {
      const what = textIn('#node-input-what')
      $('#withings-what-hint').text(this._(`withings-sleep.whatHint.${what}`))
      $('#withings-units').toggle(what === 'nights')
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
    saveDataForm(this)
    for (const field of NUMBERS) this[field] = numberIn(`#node-input-${field}`)
  }
})
