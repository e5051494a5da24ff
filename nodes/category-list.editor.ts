import { CATEGORIES } from '../lib/withings/notify-categories'
import type { Translate } from './form.editor'

export interface CategoryList {
  /** Numbers of the ticked categories. */
  chosen(): number[]
}

/** Fills the list of notification categories; those that need a contract stand apart. */
export function showCategoryList(root: JQuery, categories: readonly number[], t: Translate): CategoryList {
  root.empty()
  for (const contract of [false, true]) {
    const boxes = CATEGORIES.filter(row => row.contract === contract).map(({ category, name }) => {
      const box = $('<input type="checkbox">').val(category).prop('checked', categories.includes(category))
      return $('<label>').append(box, document.createTextNode(t(`withings-notification.category.${name}`)))
    })
    const title = $('<legend>').text(
      t(contract ? 'withings-notification.contract' : 'withings-notification.usual')
    )
    $('<fieldset>')
      .append(title, ...boxes)
      .appendTo(root)
  }
  return {
    chosen: () =>
      root
        .find('input:checked')
        .toArray()
        .map(box => Number((box as HTMLInputElement).value))
  }
}
