import { DATA, type DataForm, inputLabels, prepareDataForm, saveDataForm } from './data-form.editor'
import { follow, labelStyle, textIn } from './form.editor'
import { paletteLabel } from './palette.editor'

interface Form extends DataForm {
  what: string
  external: string
  units: string
}

RED.nodes.registerType<Form>('withings-activity', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
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
  label() {
    return this.name || this._(`withings-activity.what.${this.what}`)
  },
  labelStyle,
  inputLabels,
  outputLabels() {
    return this._(`withings-activity.what.${this.what}`)
  },
  oneditprepare() {
    prepareDataForm(this)
    follow('#node-input-what, #node-input-mode', () => {
      const [what, mode] = [textIn('#node-input-what'), textIn('#node-input-mode')]
      const isList = what !== 'goals'
      $('#withings-days').toggle(isList && mode !== 'all')
      $('#withings-external, #withings-span, #withings-device').toggle(isList)
      $('#withings-what-hint').text(this._(`withings-activity.whatHint.${what}`))
      $('#withings-mode-hint').text(this._(`withings-activity.modeHint.${isList ? mode : what}`))
    })
  },
  oneditsave() {
    saveDataForm(this)
  }
})
