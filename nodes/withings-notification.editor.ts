import { callbackKind } from '../lib/withings/auth/callback-url'
import { CATEGORIES, USUAL_CATEGORIES } from '../lib/withings/notifications/categories'
import { follow, labelStyle, openForm, saveForm, tickBox, tickedIn, tickGroup } from './form.editor'
import { label, paletteLabel } from './labels.editor'
import type { Translate } from './red.editor'
import { atLeastOne, publicUrlOrBlank } from './validators.editor'

const LIST = '#withings-categories'

/** Fills the list of categories; those that need a contract stand apart. */
function showCategories(chosen: readonly number[], t: Translate): void {
  const groups = [false, true].map(contract => {
    const boxes = CATEGORIES.filter(row => row.contract === contract).map(({ category, name }) =>
      tickBox(category, t(`withings-notification.category.${name}`), chosen.includes(category))
    )
    return tickGroup(t(`withings-notification.${contract ? 'contract' : 'usual'}`), boxes)
  })
  $(LIST)
    .empty()
    .append(...groups)
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
    openForm(this)
    showCategories(this.categories, this._)
    follow('#node-input-publicUrl', url => {
      const kind = url === '' ? 'none' : callbackKind(url)
      $('#withings-public-hint').text(this._(`withings-notification.publicHint.${kind}`))
    })
  },
  oneditsave() {
    saveForm(this)
    this.categories = tickedIn($(LIST)).map(Number)
  }
})
