import { editorLanguage, type Translate } from './form.editor'
import type { AccountState } from './withings-account.types'

/** What the form holds now; the runtime takes `__PWRD__` for the stored secret. */
interface Login {
  clientId: string
  clientSecret: string
  callbackUrl: string
  region: string
  apiUrl: string
  accountUrl: string
  scopes: string[]
  demo: boolean
  proxy: string
}

interface LinkOptions {
  accountId: string
  translate: Translate
  login: () => Login
}

interface Outcome {
  ok: boolean
  code?: string
  /** Name of the account node that has this Withings user; empty: it has none. */
  owner?: string
}

/** Outcomes whose sentence is as good in the dialog as in the window of the login. */
const SELF_EXPLAINING = [
  'denied',
  'otherUser',
  'otherAccount',
  'wrongSecret',
  'wrongClient',
  'codeOld',
  'wrongCallback',
  'unavailable'
]

type Notification = HTMLElement & { close(): void }

let close: (() => void) | undefined

/** Ends what the open account dialog listens to. */
export function closeLink(): void {
  close?.()
  close = undefined
}

/** Runs the part of the account dialog that shows who is linked, and links and unlinks. */
export function openLink({ accountId, translate, login }: LinkOptions): void {
  closeLink()
  const t: Translate = (key, params) => translate(`withings-account.${key}`, params)
  const base = `withings/accounts/${encodeURIComponent(accountId)}`
  const topic = `withings/auth/${accountId}`
  const root = $('#withings-link')
  const connect = $('#withings-connect')
  const unlink = $('#withings-unlink')
  const message = $('#withings-message')
  let state: AccountState | undefined
  let watch: number | undefined

  const say = (text: string): void => {
    message.text(text).toggle(text !== '')
  }
  const explain = (request: JQuery.jqXHR): void => {
    const answer = request.responseJSON as { error?: { message?: string } } | undefined
    if (request.status === 401 || request.status === 403) say(t('notAllowed'))
    else say(answer?.error?.message ?? t('noAnswer'))
  }

  const render = (): void => {
    const linked = state?.linked === true
    connect.text(t(linked ? 'reconnect' : 'connect'))
    unlink.toggle(linked)
    const facts = root.find('dl').empty()
    const add = (key: string, value: string | null): void => {
      if (value) facts.append($('<dt>').text(t(`link.${key}`)), $('<dd>').text(value))
    }
    const names = (scopes: string[]): string => scopes.map(scope => t(`scope.${scopeKey(scope)}`)).join('; ')
    if (state) add('status', t(`status.${linked ? state.status : 'none'}`))
    add('error', state?.error?.message ?? null)
    if (!state || !linked) return
    const { scopes: granted } = state
    add('user', state.userId)
    add('scopes', names(granted))
    add('missing', names(login().scopes.filter(scope => !granted.includes(scope))))
    add('since', localTime(state.linkedAt))
    add('until', localTime(state.expiresAt))
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
    const body = login()
    if (body.clientId === '' || body.clientSecret === '') return say(t('needClient'))
    // Opened within the click: a browser blocks what opens after an answer came.
    const popup = window.open('about:blank', '_blank', 'width=560,height=760')
    if (!popup) return say(t('popupBlocked'))
    popup.opener = null
    $.ajax({
      url: `${base}/authorize`,
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(body)
    })
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
  const forget = (): void => {
    $.ajax({ url: `${base}/unlink`, method: 'POST' })
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
  const askToForget = (): void => {
    const question = RED.notify($('<p>').text(t('unlinkQuestion')), {
      modal: true,
      fixed: true,
      type: 'warning',
      buttons: [
        { text: t('keep'), click: () => question.close() },
        {
          text: t('unlink'),
          class: 'primary',
          click: () => {
            question.close()
            forget()
          }
        }
      ]
    }) as HTMLElement as Notification
  }
  const sentenceOf = ({ code, owner }: Outcome): string => {
    if (!SELF_EXPLAINING.some(known => known === code)) return t('failed')
    return translate(`withings.callback.${code}`, { owner: owner || translate('withings.unnamedAccount') })
  }
  const onOutcome = (_topic: string, outcome: Outcome): void => {
    say(outcome.ok ? '' : sentenceOf(outcome))
    refresh()
  }

  connect.on('click', event => {
    event.preventDefault()
    startLogin()
  })
  unlink.on('click', event => {
    event.preventDefault()
    askToForget()
  })
  $('#withings-diagnostics').on('click', event => {
    event.preventDefault()
    downloadDiagnostics()
  })
  root.on('refresh', render)
  RED.comms.subscribe(topic, onOutcome)
  close = () => {
    stopWatching()
    RED.comms.unsubscribe(topic, onOutcome)
  }
  say('')
  render()
  refresh()
}

/** Dots would mean a path in the catalogue. */
const scopeKey = (scope: string): string => scope.replace('user.', '')

function localTime(iso: string | null): string | null {
  return iso && new Date(iso).toLocaleString(editorLanguage(), { dateStyle: 'medium', timeStyle: 'short' })
}

function saveFile(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'application/json' }))
  $('<a>').attr({ href: address, download: name }).get(0)?.click()
  URL.revokeObjectURL(address)
}
