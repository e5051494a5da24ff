import type { Device } from '../lib/withings/devices/devices'
import { DEVICELESS } from '../lib/withings/readings/reading'
import { textIn, type Translate } from './form.editor'

/**
 * Offers the devices of the chosen account. What was chosen before stays, also while Node-RED cannot ask Withings:
 * before the account is deployed and linked.
 */
export function showDevices(chosen: string | undefined, t: Translate): void {
  const list = $('#node-input-device')
  let wanted = chosen ?? ''
  const offer = (devices: readonly Pick<Device, 'id' | 'model'>[]): void => {
    const options = [
      { id: '', model: t('withings.device.all') },
      ...devices,
      { id: DEVICELESS, model: t('withings.device.none') }
    ]
    if (!options.some(({ id }) => id === wanted)) options.push({ id: wanted, model: wanted })
    list.empty().append(...options.map(({ id, model }) => $('<option>').val(id).text(model)))
    list.val(wanted)
  }
  const ask = async (): Promise<void> => {
    const account = textIn('#node-input-account')
    if (account === '' || account === '_ADD_') return
    const devices = await Promise.resolve(
      $.getJSON(`withings/accounts/${encodeURIComponent(account)}/devices`) as PromiseLike<Device[]>
    ).catch((): Device[] => [])
    if (textIn('#node-input-account') === account) offer(devices)
  }
  list.on('change', () => (wanted = textIn('#node-input-device')))
  offer([])
  $('#node-input-account').on('change', () => void ask())
  void ask()
}
