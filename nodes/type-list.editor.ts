import { MEASURE_TYPES } from '../lib/withings/measures/types'
import { unitKey } from '../lib/withings/readings/units'
import type { Translate } from './form.editor'
import { tickBox, tickedIn, tickGroup } from './tick-boxes.editor'

const searchable = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()

function typeBox(name: string, label: string, ticked: boolean): JQuery {
  return tickBox(name, label, ticked).data('words', searchable(`${label} ${name}`))
}

/** Names of the ticked types; empty means all. */
export function chosenTypes(root: JQuery): string[] {
  return root.find('.withings-all').prop('checked') === true ? [] : tickedIn(root.find('.withings-groups'))
}

/** Fills the list of measure types: one box for all of them, or a list to search and tick. */
export function showTypeList(root: JQuery, types: readonly string[] | undefined, t: Translate): void {
  const ticked = new Set(types)
  const groups = root.find('.withings-groups').empty()
  const all = root.find('.withings-all').prop('checked', ticked.size === 0)
  const filter = root.find('.withings-filter')
  const count = root.find('.withings-count')

  const addGroup = (theme: string, boxes: JQuery[]): void => {
    if (boxes.length > 0) groups.append(tickGroup(t(`withings.theme.${theme}`), boxes))
  }
  const wordOf = (unit: string): string => {
    const word = t(`withings.unit.${unitKey(unit)}`)
    return word.includes('unit.') ? unit : word
  }
  for (const theme of new Set(MEASURE_TYPES.map(type => type.theme))) {
    const boxes = MEASURE_TYPES.filter(type => type.theme === theme).map(({ name, unit }) => {
      const label = t(`withings.measure.${name}`)
      return typeBox(name, unit === null ? label : `${label} (${wordOf(unit)})`, ticked.has(name))
    })
    addGroup(theme, boxes)
  }
  const known = new Set(MEASURE_TYPES.map(type => type.name))
  addGroup(
    'other',
    [...ticked].filter(name => !known.has(name)).map(name => typeBox(name, name, true))
  )

  const showState = (): void => {
    root.find('.withings-chooser').toggle(all.prop('checked') !== true)
    const number = chosenTypes(root).length
    count.text(number === 0 ? t('withings-measures.noTypes') : t('withings-measures.typesChosen', { number }))
  }
  const showMatches = (): void => {
    const wanted = searchable(String(filter.val() ?? '')).trim()
    groups.find('fieldset').each((_, fieldset) => {
      const labels = $(fieldset).find('label')
      labels.each((_, label) => {
        $(label).toggle(String($(label).data('words')).includes(wanted))
      })
      $(fieldset).toggle(labels.toArray().some(label => label.style.display !== 'none'))
    })
  }
  filter.on('input', showMatches)
  root.on('change', 'input[type=checkbox]', showState)
  showState()
}
