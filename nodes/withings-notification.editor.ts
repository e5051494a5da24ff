import { callbackKind } from '../lib/withings/auth/callback-url'
import { CATEGORIES, USUAL_CATEGORIES } from '../lib/withings/notifications/categories'
import { follow, labelStyle, openForm, saveForm, tickBox, tickedIn, tickGroup } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import type { Translate } from './red.editor'
import { atLeastOne, publicUrlOrBlank } from './validators.editor'

/** The categories to tick; those that need a contract stand apart. */
function categoryGroups(chosen: readonly number[], t: Translate): JQuery[] {
  return [false, true].map(contract => {
    const boxes = CATEGORIES.filter(row => row.contract === contract).map(({ category, name }) =>
      tickBox(category, t(`withings-notification.category.${name}`), chosen.includes(category))
    )
    return tickGroup(t(contract ? 'withings-notification.contract' : 'withings-notification.usual'), boxes)
  })
}

RED.nodes.registerType('withings-notification', {
  category: 'withings',
  color: '#8fbfb5',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    account: { value: '', type: 'withings-account', required: true },
    publicUrl: { value: '', validate: publicUrlOrBlank },
    categories: { value: [...USUAL_CATEGORIES], validate: atLeastOne('categories') }
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
    openForm.call(this)
    $('#withings-categories').append(categoryGroups(this.categories, this._))
    follow('#node-input-publicUrl', url => {
      const kind = url === '' ? 'none' : callbackKind(url)
      $('#withings-public-hint').text(this._(`withings-notification.publicHint.${kind}`))
    })
  },
  oneditsave() {
    saveForm.call(this)
    this.categories = tickedIn($('#withings-categories')).map(Number)
  }
})
