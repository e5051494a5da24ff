import { splitAddress, VARIABLE, withoutLogin } from '../lib/base/address'
import { follow, labelStyle, openForm, saveForm, textIn } from './form.editor'
import type { GladysServerProperties } from './gladys-server.types'
import { aboveZeroRate, brokerUrl, gladysUrlOrBlank } from './validators.editor'

const fieldOf = (property: string): string => `#node-config-input-${property}`

/** Where the login of an address belongs, and whether it goes before what is there. */
const LOGINS = [
  { address: 'mqttUrl', user: 'mqttUsername', password: 'mqttPassword', precedes: true },
  { address: 'httpUrl', user: 'email', password: 'password', precedes: false }
] as const

/** Moves user and password out of the addresses, which everybody sees, into the credentials, as the runtime takes them. */
function moveLogins(): void {
  for (const { address, user, password, precedes } of LOGINS) {
    const typed = textIn(fieldOf(address))
    const plain = splitAddress(typed)
    if (plain.address === typed) continue
    const login = { [user]: plain.username, [password]: plain.password }
    for (const [property, value] of Object.entries(login))
      if (value !== undefined && (precedes || textIn(fieldOf(property)) === ''))
        $(fieldOf(property)).val(value).trigger('change')
    $(fieldOf(address)).val(plain.address).trigger('change')
  }
}

RED.nodes.registerType('gladys-server', {
  category: 'config',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    mqttUrl: { value: 'mqtt://localhost:1883', validate: brokerUrl },
    tls: { value: '', type: 'tls-config', required: false },
    httpUrl: { value: '', validate: gladysUrlOrBlank },
    rate: { value: 100, validate: aboveZeroRate }
  } satisfies Record<keyof GladysServerProperties | 'name', unknown>,
  credentials: {
    mqttUsername: { type: 'text' },
    mqttPassword: { type: 'password' },
    email: { type: 'text' },
    password: { type: 'password' }
  },
  label() {
    return this.name || withoutLogin(this.mqttUrl ?? '') || this._('gladys-server.defaultName')
  },
  labelStyle,
  oneditprepare() {
    openForm.call(this)
    moveLogins()
    for (const { address } of LOGINS) $(fieldOf(address)).on('change', moveLogins)
    follow('#node-config-input-mqttUrl', url => {
      $('#gladys-tls-row').toggle(/^(mqtts|wss):/.test(url) || VARIABLE.test(url))
    })
  },
  oneditsave() {
    moveLogins()
    for (const { address, user } of LOGINS)
      for (const property of [address, user]) $(fieldOf(property)).val(textIn(fieldOf(property)))
    saveForm.call(this)
  }
})
