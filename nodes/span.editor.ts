import { type DateField, DATES, isIsoDate, type SpanDates } from '../lib/withings/sync/query'
import { check, textIn, type Translate } from './form.editor'

const TYPES = ['msg', 'str', 'flow', 'global', 'jsonata', 'env'] as const

/** Validator of one of the dates: a text has to be one, whatever else is known only later. */
export function dateField(field: DateField): ReturnType<typeof check> {
  return check('date', (value, node) => {
    // While the dialog is open, what it shows counts.
    const type = textIn(`#node-input-${field}Type`) || (node as SpanDates)[`${field}Type`]
    return type !== 'str' || value === '' || isIsoDate(String(value))
  })
}

/** Makes typed inputs of the dates; those of a node from before take them from the message. */
export function prepareSpan(t: Translate): void {
  for (const field of DATES) {
    const input = $(`#node-input-${field}`)
    const typeField = `#node-input-${field}Type`
    if ($(typeField).val() === '') {
      $(typeField).val('msg')
      input.val(field)
    }
    input.typedInput({ default: 'msg', types: [...TYPES], typeField })
    input.typedInput('width', '70%')
    // Node-RED shows a field of its own, which the label does not name.
    const shown = input.next('.red-ui-typedInput-container').find('input')
    shown.attr('aria-label', t(`withings.label.${field}`))
  }
}
