import { callbackKind, isElsewhere } from '../lib/withings/auth/callback-url'
import { closeLink, openLink } from './account-link.editor'
import { customUrl, follow, labelStyle, someScope, textIn, webUrlOrBlank } from './form.editor'
import { tickedIn } from './tick-boxes.editor'
import type { AccountCredentials, AccountProperties, Scope } from './withings-account.types'

interface Form extends AccountProperties {
  name: string
}

const tickedScopes = (): Scope[] => tickedIn($('#withings-scopes')) as Scope[]

const ownCallbackUrl = (): string =>
  `${location.origin}${location.pathname.replace(/\/?$/, '/')}withings/callback`

RED.nodes.registerType<Form, AccountCredentials>('withings-account', {
  category: 'config',
  defaults: {
    name: { value: '' },
    region: { value: 'eu' },
    apiUrl: { value: '', validate: customUrl },
    accountUrl: { value: '', validate: customUrl },
    callbackUrl: { value: '', validate: webUrlOrBlank },
    scopes: {
      value: ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'],
      validate: someScope
    },
    demo: { value: false },
    proxy: { value: '', type: 'http proxy', required: false }
  },
  credentials: {
    clientId: { type: 'text' },
    clientSecret: { type: 'password' }
  },
  label() {
    return this.name || this._('withings-account.defaultName')
  },
  labelStyle,
  oneditprepare() {
    const callbackUrl = $('#node-config-input-callbackUrl')
    if (textIn('#node-config-input-callbackUrl') === '') callbackUrl.val(ownCallbackUrl())
    follow('#node-config-input-callbackUrl', () => {
      const kind = callbackKind(textIn('#node-config-input-callbackUrl'))
      $('#withings-callback-hint').text(kind === 'unknown' ? '' : this._(`withings-account.callback.${kind}`))
      $('#withings-callback-differs').toggle(
        isElsewhere(textIn('#node-config-input-callbackUrl'), ownCallbackUrl())
      )
    })
    $('#withings-callback-differs span').text(
      this._('withings-account.callback.differs', { own: ownCallbackUrl() })
    )
    $('#withings-callback-own').on('click', event => {
      event.preventDefault()
      callbackUrl.val(ownCallbackUrl()).trigger('change').trigger('focus')
    })
    $('#withings-copy').on('click', event => {
      event.preventDefault()
      RED.clipboard.copyText(
        textIn('#node-config-input-callbackUrl'),
        // Typed as an element, yet the editor places its hint by the methods of jQuery.
        $(event.currentTarget) as unknown as HTMLElement,
        this._('withings-account.copied')
      )
    })
    $('#withings-dashboard').attr('href', this._('withings-account.dashboardUrl'))

    follow('#node-config-input-region', () => {
      $('#withings-custom').toggle(textIn('#node-config-input-region') === 'custom')
    })
    const scopes = new Set<string>(this.scopes)
    $('#withings-scopes input').each((_, box) => {
      $(box).prop('checked', scopes.has((box as HTMLInputElement).value))
    })

    openLink({
      accountId: this.id,
      translate: (key, params) => this._(key, params),
      login: () => ({
        clientId: textIn('#node-config-input-clientId'),
        clientSecret: textIn('#node-config-input-clientSecret'),
        callbackUrl: textIn('#node-config-input-callbackUrl'),
        region: textIn('#node-config-input-region'),
        apiUrl: textIn('#node-config-input-apiUrl'),
        accountUrl: textIn('#node-config-input-accountUrl'),
        scopes: tickedScopes(),
        demo: $('#node-config-input-demo').prop('checked') === true,
        proxy: textIn('#node-config-input-proxy')
      })
    })
    $('#withings-scopes input').on('change', () => $('#withings-link').trigger('refresh'))
  },
  oneditsave() {
    this.scopes = tickedScopes()
    closeLink()
  },
  oneditcancel() {
    closeLink()
  },
  oneditdelete() {
    closeLink()
  }
})
