import { MEASURE_TYPES } from '../lib/withings/measures/types'
import { textIn, tickBox, tickedIn, tickGroup } from './form.editor'
import type { Translate } from './red.editor'

const part = (name: 'all' | 'chooser' | 'count' | 'filter' | 'groups'): JQuery =>
  $(`#withings-types .withings-${name}`)

const searchable = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()

/** Names of the ticked types; empty means all. */
export function chosenTypes(): string[] {
  return part('all').prop('checked') === true ? [] : tickedIn(part('groups'))
}

/** Fills the list of measure types: one box for all of them, or a list to search and tick. */
export function showTypes(types: readonly string[] | undefined, t: Translate): void {
  const ticked = new Set(types)
  const group = (theme: string, rows: readonly { name: string; label: string }[]): JQuery => {
    const boxes = rows.map(({ name, label }) =>
      tickBox(name, label, ticked.has(name)).data('words', searchable(`${label} ${name}`))
    )
    return rows.length === 0 ? $() : tickGroup(t(`withings.theme.${theme}`), boxes)
  }
  const labelOf = ({ name, unit }: (typeof MEASURE_TYPES)[number]): string => {
    const shownUnit = unit === 'years' ? t('withings.unit.years') : unit
    const label = t(`withings.measure.${name}`)
    return shownUnit ? `${label} (${shownUnit})` : label
  }
  const themes = [...new Set(MEASURE_TYPES.map(({ theme }) => theme))].map(theme => {
    const ofTheme = MEASURE_TYPES.filter(type => type.theme === theme)
    return group(
      theme,
      ofTheme.map(type => ({ name: type.name, label: labelOf(type) }))
    )
  })
  const known = new Set(MEASURE_TYPES.map(({ name }) => name))
  const others = [...ticked].filter(name => !known.has(name)).map(name => ({ name, label: name }))
  part('groups')
    .empty()
    .append(...themes, group('other', others))
  part('all').prop('checked', ticked.size === 0)

  const showState = (): void => {
    part('chooser').toggle(part('all').prop('checked') !== true)
    const number = chosenTypes().length
    part('count').text(
      number === 0 ? t('withings-measures.noTypes') : t('withings-measures.typesChosen', { number })
    )
  }
  part('filter').on('input', () => {
    const wanted = searchable(textIn('#withings-types .withings-filter'))
    part('groups')
      .find('fieldset')
      .each((_, fieldset) => {
        const labels = $(fieldset).find('label')
        labels.each((_, label) => void $(label).toggle(String($(label).data('words')).includes(wanted)))
        $(fieldset).toggle(labels.toArray().some(label => label.style.display !== 'none'))
      })
  })
  $('#withings-types').on('change', 'input[type=checkbox]', showState)
  showState()
}
