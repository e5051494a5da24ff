import { textIn, tickedIn } from './form.editor'
import { askBefore, failureOf, localTime, postJson, type Translate } from './red.editor'
import type { AccountState, Scope } from './withings-account.types'

/** End of a login; `owner`: name of the account node that has this Withings user, or empty. */
type Outcome = { ok: boolean; code?: string; owner?: string }

/** Outcomes whose sentence is as good in the dialog as in the window of the login. */
const SELF_EXPLAINING =
  /^(denied|otherUser|otherAccount|wrongSecret|wrongClient|codeOld|wrongCallback|unavailable)$/

const TEXTS = ['clientId', 'clientSecret', 'callbackUrl', 'region', 'apiUrl', 'accountUrl', 'proxy']

let close: (() => void) | undefined

/** Ends what the open account dialog listens to. */
export function closeConnection(): void {
  close?.()
  close = undefined
}

export function tickedScopes(): Scope[] {
  return tickedIn($('#withings-scopes')) as Scope[]
}

const fieldOf = (property: string): string => `#node-config-input-${property}`

/** What the form holds now; the runtime takes `__PWRD__` for the stored secret. */
function loginInForm(): object {
  const texts = TEXTS.map(property => [property, textIn(fieldOf(property))] as const)
  return {
    ...Object.fromEntries(texts),
    scopes: tickedScopes(),
    demo: $(fieldOf('demo')).prop('checked') === true
  }
}

/** Runs the part of the account dialog that shows who is linked, and links and unlinks. */
export function openConnection(accountId: string, translate: Translate): void {
  closeConnection()
  const t: Translate = (key, params) => translate(`withings-account.${key}`, params)
  const base = `withings/accounts/${encodeURIComponent(accountId)}`
  const topic = `withings/auth/${accountId}`
  const message = $('#withings-message')
  let state: AccountState | undefined
  let watch: number | undefined

  const say = (text: string): void => {
    message.text(text).toggle(text !== '')
  }
  const explain = (request: JQuery.jqXHR): void =>
    say(failureOf(request, { notAllowed: t('notAllowed'), noAnswer: t('noAnswer') }))

  const render = (): void => {
    const linked = state?.linked === true
    $('#withings-connect').text(t(linked ? 'reconnect' : 'connect'))
    $('#withings-unlink').toggle(linked)
    const facts = $('#withings-link dl').empty()
    const add = (key: string, value: string | null | undefined): void => {
      if (value) facts.append($('<dt>').text(t(`link.${key}`)), $('<dd>').text(value))
    }
    // Dots would mean a path in the catalogue.
    const names = (scopes: readonly string[]): string =>
      scopes.map(scope => t(`scope.${scope.replace('user.', '')}`)).join('; ')
    if (state) add('status', t(`status.${linked ? state.status : 'none'}`))
    add('error', state?.error?.message)
    if (!state || !linked) return
    const { scopes: granted, linkedAt, expiresAt } = state
    add('user', state.userId)
    add('scopes', names(granted))
    add('missing', names(tickedScopes().filter(scope => !granted.includes(scope))))
    add('since', linkedAt && localTime(linkedAt))
    add('until', expiresAt && localTime(expiresAt))
  }
  const refresh = (): void => {
    $.getJSON(base)
      .done((answer: AccountState) => {
        state = answer
        render()
      })
      .fail(explain)
  }

  const stopWatching = (): void => window.clearInterval(watch)
  const watchPopup = (popup: Window): void => {
    stopWatching()
    watch = window.setInterval(() => {
      if (!popup.closed) return
      stopWatching()
      if (message.text() === t('waiting')) say('')
      refresh()
    }, 500)
  }
  const startLogin = (): void => {
    say('')
    if (['clientId', 'clientSecret'].some(key => textIn(fieldOf(key)) === '')) return say(t('needClient'))
    // Opened within the click: a browser blocks what opens after an answer came.
    const popup = window.open('about:blank', '_blank', 'width=560,height=760')
    if (!popup) return say(t('popupBlocked'))
    popup.opener = null
    postJson(`${base}/authorize`, loginInForm())
      .done(({ authorizeUrl }: { authorizeUrl: string }) => {
        if (!/^https?:\/\//.test(authorizeUrl)) {
          popup.close()
          return say(t('noAnswer'))
        }
        popup.location.href = authorizeUrl
        watchPopup(popup)
        say(t('waiting'))
      })
      .fail(request => {
        popup.close()
        explain(request)
      })
  }
  const unlink = (): void => {
    postJson(`${base}/unlink`, {})
      .done(() => {
        say('')
        refresh()
      })
      .fail(explain)
  }
  const downloadDiagnostics = (): void => {
    $.getJSON(`${base}/diagnostics`)
      .done((answer: object) => saveFile('withings-diagnostics.json', JSON.stringify(answer, null, 2)))
      .fail(explain)
  }
  const onOutcome = (_topic: string, { ok, code = '', owner }: Outcome): void => {
    const name = owner || translate('withings.unnamedAccount')
    if (ok) say('')
    else if (!SELF_EXPLAINING.test(code)) say(t('failed'))
    else say(translate(`withings.callback.${code}`, { owner: name }))
    refresh()
  }

  onClick('#withings-connect', startLogin)
  onClick('#withings-unlink', () =>
    askBefore(unlink, t('unlinkQuestion'), { yes: t('unlink'), no: t('keep') })
  )
  onClick('#withings-diagnostics', downloadDiagnostics)
  $('#withings-scopes input').on('change', render)
  RED.comms.subscribe(topic, onOutcome)
  close = () => {
    stopWatching()
    RED.comms.unsubscribe(topic, onOutcome)
  }
  say('')
  render()
  refresh()
}

/** For a button, which must not send the form. */
export function onClick(selector: string, press: (event: JQuery.ClickEvent) => void): void {
  $(selector).on('click', event => {
    event.preventDefault()
    press(event)
  })
}

function saveFile(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'application/json' }))
  $('<a>').attr({ href: address, download: name }).get(0)?.click()
  URL.revokeObjectURL(address)
}
