import { translateFailure } from '../lib/base/translate'
import { type ImportState, isOpen } from '../lib/gladys/import/state'
import type { Overview, OverviewAccount, OverviewDevice, OverviewMove } from '../lib/gladys/overview/types'
import { editorLanguage } from '../nodes/red.editor'
import { morph } from './morph.editor'
import { nameOfReading, readingView } from './reading-view.editor'
import { inDigits, t, timeLeft } from './sidebar-texts.editor'

export type ImportAction = 'pause' | 'resume' | 'cancel'

/** What a press of a button does. */
export interface SidebarActions {
  connect(device: OverviewDevice): void
  control(id: string, action: ImportAction): void
  importAll(account: string): void
  forget(device: OverviewDevice, name: string): void
  openAccount(id: string): void
  moveDays(move: OverviewMove): void
  chooseTarget(id: string): void
}

const MANUAL = 'manual'
/** So many types are named before the others are only counted. */
const NAMED = 5

/** Draws what the package knows. Everything that came from outside is written as text. */
export class SidebarView {
  /** What the buttons do, by their key. */
  private presses = new Map<string, () => void>()
  private readonly mayChange = RED.user?.hasPermission?.('withings-account.write') ?? true

  constructor(
    private readonly root: JQuery,
    private readonly actions: SidebarActions
  ) {
    root.on('click', 'button[data-key]', event => {
      event.preventDefault()
      this.presses.get($(event.currentTarget).attr('data-key') ?? '')?.()
    })
    root.on('change', '.withings-target select', event =>
      actions.chooseTarget(String($(event.currentTarget).val()))
    )
  }

  /** Shows what is new, and leaves the keyboard where it was. */
  show(overview: Overview): void {
    this.presses = new Map()
    const focused = this.root.find(':focus')
    const key = focused.attr('data-key')
    const device = focused.closest('li').attr('data-device')
    // Nobody can connect one whose account is gone.
    const isFresh = ({ connected, account }: OverviewDevice) => !connected && account !== null
    const fresh = overview.devices.filter(isFresh)
    const known = overview.devices.filter(device => !isFresh(device))
    this.targets(overview)
    const accounts = overview.accounts.map(account => this.account(account, overview))
    this.list('accounts', accounts, t('noAccounts'))
    const discovered = fresh.map(device => this.discovered(device, overview))
    this.list('discovery', discovered, overview.devices.length > 0 ? t('allConnected') : t('nothingFound'))
    const connected = known.map(device => this.connected(device, overview))
    this.list('devices', connected, t('noDevices'))
    this.say(problems(overview))
    this.focus(key, device)
  }

  /** The same button, else another one of the same device: it may have moved to another list. */
  private focus(key: string | undefined, device: string | undefined): void {
    if (key === undefined) return
    const same = this.root.find(`[data-key="${CSS.escape(key)}"]`)
    const near = this.root.find(`li[data-device="${CSS.escape(device ?? '')}"] button`)
    ;(same.length > 0 ? same : near).first().trigger('focus')
  }

  say(texts: readonly string[]): void {
    const place = this.root.find('.withings-problems')
    if (place.text() === texts.join('')) return
    place.empty().append(...texts.map(text => $('<p class="form-tips">').text(text)))
  }

  private list(section: string, items: JQuery[], none: string): void {
    const list = this.root.find(`.withings-${section} ul`)
    morph(list, items.length > 0 ? items : [$('<li>').text(none)])
  }

  /** Which of several Gladys device nodes the lists are about. */
  private targets({ targets, target }: Overview): void {
    const place = this.root.find('.withings-target').toggle(targets.length > 1)
    const nameOfTarget = (name: string, index: number) => name || t('unnamedTarget', { number: index + 1 })
    const options = targets.map(({ id, name }, index) => $(new Option(nameOfTarget(name, index), id)))
    const list = place.find('select')
    morph(list, options)
    list.val(target ?? '')
  }

  private account({ id, name, status, userId }: OverviewAccount, overview: Overview): JQuery {
    const account = name || t('unnamed')
    const text = $('<span>').append(
      $('<span class="withings-name">').text(account),
      document.createTextNode(` – ${t(`account.${status}`)}`)
    )
    const open = this.button(`open ${id}`, [t('open'), t('openAccount', { account })], () =>
      this.actions.openAccount(id)
    )
    const line = row(text, open)
    const item = $('<li>').append(line, ...this.moves(id, overview))
    if (status === 'none') return item
    const last = newest(importsOf(userId, overview).filter(({ deviceId }) => deviceId === null))
    if (last) item.append(this.progress(last, account))
    if (last && isOpen(last.state)) return item
    const all = this.button(`import-all ${id}`, [t('importAll'), t('importAllOf', { account })], () =>
      this.actions.importAll(id)
    )
    line.append(this.usable(all, overview))
    return item
  }

  /** A button for each device that can get its days from the manual entries. */
  private moves(id: string, { moves }: Overview): JQuery[] {
    return moves
      .filter(({ account }) => account === id)
      .map(move => {
        const words = t('moveDays', { device: move.name })
        const press = () => this.actions.moveDays(move)
        return row(this.forbid(this.button(`move ${id} ${move.to}`, [words, words], press)))
      })
  }

  private discovered(device: OverviewDevice, overview: Overview): JQuery {
    const connect = this.deviceButton('connect', device, () => this.actions.connect(device))
    const line = row(this.importable(connect.addClass('primary'), device, overview))
    // What Withings lists would come back at once.
    if (device.listed !== true) line.append(this.forgetButton(device))
    return itemOf(device).append(head(device), line)
  }

  private connected(device: OverviewDevice, overview: Overview): JQuery {
    const item = itemOf(device).append(head(device), readingView(device))
    const ofPerson = importsOf(device.userId, overview)
    const own = newest(ofPerson.filter(({ deviceId }) => deviceId === (device.deviceId ?? MANUAL)))
    const isOwnOpen = own !== undefined && isOpen(own.state)
    if (own) item.append(this.progress(own, nameOf(device)))
    if (ofPerson.some(one => isOpen(one.state) && isAlsoOf(one, device)))
      item.append($('<p>').text(t('partOfAll')))
    else if (!isOwnOpen) {
      const again = this.deviceButton('import', device, () => this.actions.connect(device))
      item.append(row(this.importable(again, device, overview), this.forgetButton(device)))
    }
    const isExplained = !isOwnOpen && (own?.missing ?? []).length > 0
    if (own && createOf(overview) === 'discovery' && !isExplained) item.append($('<p>').text(t('oneClick')))
    return item
  }

  private forgetButton(device: OverviewDevice): JQuery {
    return this.forbid(this.deviceButton('forget', device, () => this.actions.forget(device, nameOf(device))))
  }

  private importable(button: JQuery, { account }: OverviewDevice, overview: Overview): JQuery {
    return account === null ? greyed(button, t('accountGone')) : this.usable(button, overview)
  }

  /** Needs a Gladys device node that can send. */
  private usable(button: JQuery, { targets, target }: Overview): JQuery {
    const isUsable = targets.some(({ id, broker }) => id === target && broker !== 'unset')
    if (!isUsable) greyed(button, target === null ? t('problem.noTarget') : t('problem.noServer'))
    return this.forbid(button)
  }

  private progress(state: ImportState, device: string): JQuery {
    const { id, done, dropped = 0, total, error, leftOut } = state
    const sent = inDigits(done - dropped)
    const amount =
      total === null ? t('sent', { done: sent }) : t('sentOf', { done: sent, total: inDigits(total) })
    const parts = isOpen(state.state) ? [amount, ...whereabouts(state)] : [amount]
    const chapters = leftOut.map(chapter => t(`chapter.${chapter}`)).join(', ')
    const lines = [
      `${t(`import_${state.state}`)}: ${parts.join(', ')}`,
      error ? translateFailure(error, t) : '',
      chapters === '' ? '' : t('leftOut', { chapters }),
      comparedWithGladys(state)
    ]
    const place = $('<div>').append(...lines.filter(line => line !== '').map(line => $('<div>').text(line)))
    if (!isOpen(state.state)) return place.append(missing(state))
    const bar = $('<progress>').attr('aria-label', t('progress', { device }))
    // Without a total nobody knows how far it is.
    if (total !== null && total > 0) bar.attr({ max: total, value: done })
    const controls = [state.state === 'paused' ? 'resume' : 'pause', 'cancel'] as const
    const buttons = controls.map(action => {
      const texts = [t(action), t(`${action}Device`, { device })] as const
      return this.forbid(this.button(`${action} ${id}`, texts, () => this.actions.control(id, action)))
    })
    return place.append(bar, row($('<span>'), ...buttons))
  }

  private deviceButton(action: string, of: OverviewDevice, press: () => void): JQuery {
    const texts = [t(action), t(`${action}Device`, { device: nameOf(of) })] as const
    return this.button(`${action} ${keyOf(of)}`, texts, press)
  }

  private button(key: string, [text, label]: readonly [string, string], press: () => void): JQuery {
    this.presses.set(key, press)
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(text)
      .attr({ 'data-key': key, 'aria-label': label })
  }

  /** For who may look only; says why. */
  private forbid(button: JQuery): JQuery {
    return this.mayChange ? button : greyed(button, t('notAllowed'))
  }
}

function problems({ accounts, targets, devices }: Overview): string[] {
  const nameById = new Map(accounts.map(({ id, name }) => [id, name || t('unnamed')]))
  const away = targets.filter(({ broker }) => broker === 'away')
  const silent = targets.filter(({ broker, gladys }) => broker !== 'away' && gladys === 'away')
  return [
    ...accounts.flatMap(({ id, status }) => {
      const account = nameById.get(id) ?? ''
      if (status === 'none') return [t('problem.none', { account })]
      return status === 'login-needed' ? [t('problem.login', { account })] : []
    }),
    ...accounts.flatMap(({ error }) => (error ? [error.message] : [])),
    ...accounts.flatMap(({ id, spareOf }) => {
      const other = nameById.get(spareOf ?? '')
      return other === undefined ? [] : [t('problem.spare', { account: nameById.get(id) ?? '', other })]
    }),
    ...away.map(({ waiting }) => t('problem.brokerAway', { waiting })),
    ...silent.map(({ waiting }) => t('problem.gladysAway', { waiting })),
    ...(targets.some(({ broker }) => broker === 'unset') ? [t('problem.noServer')] : []),
    ...(targets.length === 0 && devices.length > 0 ? [t('problem.noTarget')] : [])
  ]
}

/** How the Gladys device node makes devices. */
export function createOf({ targets, target }: Overview): string | undefined {
  return targets.find(({ id }) => id === target)?.create
}

/** Those of a person for the Gladys device node that this is about. */
function importsOf(userId: string | null, { imports, target }: Overview): ImportState[] {
  return imports.filter(state => state.node === target && state.userId === userId)
}

function newest(imports: ImportState[]): ImportState | undefined {
  return imports.sort((a, b) => a.startedAt.localeCompare(b.startedAt)).at(-1)
}

function isAlsoOf({ deviceId, except = [] }: ImportState, device: OverviewDevice): boolean {
  return deviceId === null && !except.includes(device.deviceId ?? MANUAL)
}

function comparedWithGladys({ comparison }: ImportState): string {
  if (comparison === null) return ''
  if (comparison.state === 'running') return t('comparing')
  if (comparison.state === 'failed') return t('notCompared')
  return t('inGladys', { found: inDigits(comparison.found), expected: inDigits(comparison.expected) })
}

/** What Gladys has no feature for yet, and what to do about it. */
function missing({ missing = [] }: ImportState): JQuery {
  if (missing.length === 0) return $()
  // Names have commas of their own.
  const types = missing
    .slice(0, NAMED)
    .map(type => nameOfReading({ type, position: null }))
    .join(' · ')
  const count = missing.length - NAMED
  return $('<p>').text(t('missing', { types: count > 0 ? t('andMore', { types, count }) : types }))
}

/** What is being read, how far that is, and how long it takes, as far as anybody knows. */
function whereabouts({ chapter, at, secondsLeft }: ImportState): string[] {
  const date = at === null ? '' : new Date(at).toLocaleDateString(editorLanguage(), { dateStyle: 'medium' })
  return [
    t(`chapter.${chapter}`),
    ...(date === '' ? [] : [t('at', { date })]),
    ...(secondsLeft === null ? [] : [timeLeft(secondsLeft)])
  ]
}

function head(device: OverviewDevice): JQuery {
  const { battery, account, listed } = device
  const line = row($('<span class="withings-name">').text(nameOf(device)))
  if (battery !== null) line.append($('<span>').text(t('battery', { percent: battery })))
  const head = $('<div>').append(line)
  if (account === null) head.append($('<p>').text(t('accountGone')))
  else if (listed === false) head.append($('<p>').text(t('notListed')))
  return head
}

function row(...parts: JQuery[]): JQuery {
  return $('<div class="withings-row">').append(...parts)
}

function greyed(button: JQuery, reason: string): JQuery {
  return button.prop('disabled', true).attr('title', reason)
}

function itemOf(device: OverviewDevice): JQuery {
  return $('<li>').attr('data-device', keyOf(device))
}

function keyOf({ account, userId, deviceId }: OverviewDevice): string {
  return `${account ?? userId} ${deviceId ?? MANUAL}`
}

function nameOf({ deviceId, model, person, name: known }: OverviewDevice): string {
  if (known !== null) return known
  const name = deviceId === null ? t('manual') : (model ?? t('unnamedDevice'))
  return person === '' ? name : `${name} (${person})`
}
