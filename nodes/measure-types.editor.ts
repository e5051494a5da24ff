import { MEASURE_TYPES } from '../lib/withings/measures/types'
import { unitKey } from '../lib/withings/readings/units'
import { textIn, tickBox, tickedIn, tickGroup } from './form.editor'
import type { Translate } from './red.editor'

const part = (name: 'all' | 'chooser' | 'count' | 'filter' | 'groups'): JQuery =>
  $(`#withings-types .withings-${name}`)

const searchable = (text: string): string => withoutMarks(text.toLowerCase())
const withoutMarks = (text: string): string => text.normalize('NFD').replace(/\p{Mark}/gu, '')

/** Names of the ticked types; empty means all. */
export function chosenTypes(): string[] {
  return part('all').prop('checked') === true ? [] : tickedIn(part('groups'))
}

/** Fills the list of measure types: one box for all of them, or a list to search and tick. */
export function showTypes(types: readonly string[] | undefined, t: Translate): void {
  const ticked = new Set(types)
  const wordOf = (unit: string): string => {
    const word = t(`withings.unit.${unitKey(unit)}`)
    return word.includes('unit.') ? unit : word
  }
  const labelOf = ({ name, unit }: (typeof MEASURE_TYPES)[number]): string => {
    const label = t(`withings.measure.${name}`)
    return unit === null ? label : `${label} (${wordOf(unit)})`
  }
  const known = MEASURE_TYPES.map(type => ({ theme: type.theme, name: type.name, label: labelOf(type) }))
  const others = [...ticked].filter(chosen => !known.some(({ name }) => name === chosen))
  const rows = [...known, ...others.map(name => ({ theme: 'other', name, label: name }))]
  const groups = [...new Set(rows.map(({ theme }) => theme))].map(theme => {
    const ofTheme = rows.filter(row => row.theme === theme)
    const boxes = ofTheme.map(({ name, label }) =>
      tickBox(name, label, ticked.has(name)).data('words', searchable(`${label} ${name}`))
    )
    return tickGroup(t(`withings.theme.${theme}`), boxes)
  })
  part('groups').empty().append(groups)
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
    for (const fieldset of part('groups').find('fieldset').get()) {
      const labels = $(fieldset).find('label').hide()
      const found = labels.filter((_, label) => String($(label).data('words')).includes(wanted)).show()
      $(fieldset).toggle(found.length > 0)
    }
  })
  $('#withings-types').on('change', 'input[type=checkbox]', showState)
  showState()
}
