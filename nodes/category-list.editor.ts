import { CATEGORIES } from '../lib/withings/notifications/categories'
import type { Translate } from './form.editor'
import { tickBox, tickGroup } from './tick-boxes.editor'

/** Fills the list of notification categories; those that need a contract stand apart. */
export function showCategoryList(root: JQuery, categories: readonly number[], t: Translate): void {
  root.empty()
  for (const contract of [false, true]) {
    const boxes = CATEGORIES.filter(row => row.contract === contract).map(({ category, name }) =>
      tickBox(category, t(`withings-notification.category.${name}`), categories.includes(category))
    )
    const title = t(contract ? 'withings-notification.contract' : 'withings-notification.usual')
    root.append(tickGroup(title, boxes))
  }
}
