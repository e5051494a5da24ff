import type { Device } from '../lib/withings/devices/devices'
import { DEVICELESS } from '../lib/withings/readings/reading'
import { type DateField, DATES, isIsoDate, type SpanDates } from '../lib/withings/sync/query'
import { follow, openForm, textIn } from './form.editor'
import type { FormNode, Property, Translate } from './red.editor'
import { atLeastZero, check, pollMinutes } from './validators.editor'

/** Properties that the nodes which read data share; each form lists them by name, for the scorecard reads no spread. */
export const DATA = {
  account: { value: '', type: 'withings-account', required: true },
  days: { value: 30, validate: atLeastZero },
  startDate: date('startDate'),
  startDateType: { value: 'msg' },
  endDate: date('endDate'),
  endDateType: { value: 'msg' },
  schedule: { value: 15, validate: pollMinutes }
}

/** A date; a text has to be one, whatever else is known only later. */
function date(field: DateField): Property<string> {
  const validate = check('date', (value, node) => {
    // While the dialog is open, what it shows counts.
    const type = textIn(`#node-input-${field}Type`) || (node as SpanDates)[`${field}Type`]
    return type !== 'str' || value === '' || isIsoDate(String(value))
  })
  return { value: field, validate }
}

export function inputLabels(this: FormNode): string {
  return this._('withings.port.in')
}

export function outputLabels(this: FormNode & { output: string }): string {
  return this._(`${this.type}.output.${this.output}`)
}

/** For oneditprepare of the nodes that read data: whichever of the rows for schedule, dates and device a form has. */
export function dataForm(this: FormNode & { device?: string }): void {
  openForm.call(this)
  follow('#node-input-schedule', minutes => {
    $('#withings-schedule-hint').text(scheduleInWords(minutes, this._))
  })
  for (const field of DATES) showDate(field, this._)
  if ($('#node-input-device').length > 0) showDevices(this.device ?? '', this._)
}

const SHORTEST_SCHEDULE = 10
const MINUTES = { day: 1440, hour: 60, minute: 1 }

function scheduleInWords(text: string, t: Translate): string {
  const minutes = Number(text)
  if (text === '' || !(minutes >= 0)) return ''
  if (minutes === 0) return t('withings.schedule.zero')
  if (minutes < SHORTEST_SCHEDULE) return t('withings.schedule.tooOften')
  const [unit, length] = Object.entries(MINUTES).find(([, length]) => minutes % length === 0) ?? ['minute', 1]
  const count = minutes / length
  const words = count === 1 ? unit : `${unit}s`
  return t(`withings.schedule.${words}`, { count })
}

function showDate(field: DateField, t: Translate): void {
  const input = $(`#node-input-${field}`)
  const types = ['msg', 'str', 'flow', 'global', 'jsonata', 'env'] as const
  input.typedInput({ default: 'msg', types: [...types], typeField: `#node-input-${field}Type` })
  // Node-RED shows a field of its own, which the label does not name.
  const shown = input.next('.red-ui-typedInput-container').find('input')
  shown.attr('aria-label', t(`withings.label.${field}`))
}

/**
 * Offers the devices of the chosen account. What was chosen before stays, also while Node-RED cannot ask Withings:
 * before the account is deployed and linked.
 */
function showDevices(chosen: string, t: Translate): void {
  const list = $('#node-input-device')
  const offer = (devices: readonly Pick<Device, 'id' | 'model'>[], chosen: string): void => {
    const all = [
      { id: '', model: t('withings.device.all') },
      ...devices,
      { id: DEVICELESS, model: t('withings.device.none') }
    ]
    if (!all.some(({ id }) => id === chosen)) all.push({ id: chosen, model: chosen })
    list.empty().append(all.map(({ id, model }) => new Option(model, id)))
    list.val(chosen)
  }
  const ask = async (): Promise<void> => {
    const account = textIn('#node-input-account')
    if (account === '' || account === '_ADD_') return
    const url = `withings/accounts/${encodeURIComponent(account)}/devices`
    const devices = (await $.getJSON(url).catch(() => [])) as Device[]
    if (textIn('#node-input-account') === account) offer(devices, textIn('#node-input-device'))
  }
  offer([], chosen)
  $('#node-input-account').on('change', () => void ask())
  void ask()
}
