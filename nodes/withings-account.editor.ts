import { callbackKind, isElsewhere } from '../lib/withings/auth/callback-url'
import { closeConnection, onClick, openConnection, tickedScopes } from './account-connection.editor'
import { follow, labelStyle, openForm, saveForm, textIn } from './form.editor'
import { atLeastOne, customUrl, webUrlOrBlank } from './validators.editor'
import type { AccountProperties } from './withings-account.types'

const CALLBACK = '#node-config-input-callbackUrl'

const ownCallbackUrl = (): string =>
  `${location.origin}${location.pathname.replace(/\/?$/, '/')}withings/callback`

RED.nodes.registerType('withings-account', {
  category: 'config',
  defaults: {
    name: { value: '' },
    version: { value: 1 },
    region: { value: 'eu' },
    apiUrl: { value: '', validate: customUrl },
    accountUrl: { value: '', validate: customUrl },
    callbackUrl: { value: '', validate: webUrlOrBlank },
    scopes: {
      value: ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'],
      validate: atLeastOne('scopes')
    },
    demo: { value: false },
    proxy: { value: '', type: 'http proxy', required: false }
  } satisfies Record<keyof AccountProperties | 'name', unknown>,
  credentials: {
    clientId: { type: 'text' },
    clientSecret: { type: 'password' }
  },
  label() {
    return this.name || this._('withings.unnamedAccount')
  },
  labelStyle,
  oneditprepare() {
    const { _: t } = this
    openForm.call(this)
    if (textIn(CALLBACK) === '') $(CALLBACK).val(ownCallbackUrl())
    $('#withings-callback-differs span').text(
      t('withings-account.callback.differs', { own: ownCallbackUrl() })
    )
    follow(CALLBACK, url => {
      const kind = callbackKind(url)
      $('#withings-callback-hint').text(kind === 'unknown' ? '' : t(`withings-account.callback.${kind}`))
      $('#withings-callback-differs').toggle(isElsewhere(url, ownCallbackUrl()))
    })
    onClick('#withings-callback-own', () =>
      $(CALLBACK).val(ownCallbackUrl()).trigger('change').trigger('focus')
    )
    onClick('#withings-copy', ({ currentTarget }) =>
      RED.clipboard.copyText(
        textIn(CALLBACK),
        // Typed as an element, yet the editor places its hint by the methods of jQuery.
        $(currentTarget) as unknown as HTMLElement,
        t('withings-account.copied')
      )
    )
    for (const scope of new Set(this.scopes)) $(`#withings-scopes [value="${scope}"]`).prop('checked', true)
    openConnection(this.id, t)
  },
  oneditsave() {
    saveForm.call(this)
    this.scopes = tickedScopes()
    closeConnection()
  },
  oneditcancel: closeConnection,
  oneditdelete: closeConnection
})
