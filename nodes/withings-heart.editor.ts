import { DATA, type DataForm, inputLabels, prepareDataForm, saveDataForm } from './data-form.editor'
import { follow, labelStyle, textIn } from './form.editor'
import { paletteLabel } from './palette.editor'

interface Form extends DataForm {
  what: string
}

RED.nodes.registerType<Form>('withings-heart', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: DATA.account,
    device: { value: '' },
    what: { value: 'recordings' },
    mode: { value: 'new' },
    days: DATA.days,
    startDate: DATA.startDate,
    startDateType: DATA.startDateType,
    endDate: DATA.endDate,
    endDateType: DATA.endDateType,
    schedule: DATA.schedule,
    output: { value: 'each' }
  },
  inputs: 1,
  outputs: 1,
  icon: 'withings-heart.svg',
  paletteLabel,
  label() {
    return this.name || this._(`withings-heart.what.${this.what}`)
  },
  labelStyle,
  inputLabels,
  outputLabels() {
    return this._(`withings-heart.output.${this.what === 'signal' ? 'signal' : this.output}`)
  },
  oneditprepare() {
    prepareDataForm(this)
    follow('#node-input-what', () => {
      const what = textIn('#node-input-what')
      $('#withings-heart-list').toggle(what !== 'signal')
      $('#withings-what-hint').text(this._(`withings-heart.whatHint.${what}`))
    })
  },
  oneditsave() {
    saveDataForm(this)
  }
})
