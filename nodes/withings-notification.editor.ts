import { callbackKind } from '../lib/withings/auth/callback-url'
import { USUAL_CATEGORIES } from '../lib/withings/notifications/categories'
import { showCategoryList } from './category-list.editor'
import { follow, labelStyle, prepareForm, publicUrlOrBlank, someCategory, textIn } from './form.editor'
import { label, paletteLabel } from './palette.editor'
import { tickedIn } from './tick-boxes.editor'

interface Form {
  name: string
  account: string
  publicUrl: string
  categories: number[]
}

RED.nodes.registerType<Form>('withings-notification', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'withings-account', required: true },
    publicUrl: { value: '', validate: publicUrlOrBlank },
    categories: { value: [...USUAL_CATEGORIES], validate: someCategory }
  },
  inputs: 0,
  outputs: 1,
  icon: 'withings-notification.svg',
  paletteLabel,
  label,
  labelStyle,
  outputLabels() {
    return this._('withings-notification.port.out')
  },
  oneditprepare() {
    prepareForm(this)
    showCategoryList($('#withings-categories'), this.categories, key => this._(key))
    follow('#node-input-publicUrl', () => {
      const url = textIn('#node-input-publicUrl')
      const kind = url === '' ? 'none' : callbackKind(url)
      $('#withings-public-hint').text(this._(`withings-notification.publicHint.${kind}`))
    })
  },
  oneditsave() {
    this.categories = tickedIn($('#withings-categories')).map(Number)
  }
})
