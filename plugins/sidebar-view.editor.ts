import type { ImportState } from '../lib/gladys/import/state'
import type { Overview, OverviewAccount, OverviewDevice, OverviewMove } from '../lib/gladys/overview/types'
import { editorLanguage, type Translate } from '../nodes/form.editor'
import { moveLines } from './day-moves.editor'
import { morph } from './morph.editor'
import { ReadingView } from './reading-view.editor'

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

export interface SidebarViewParts {
  t: Translate
  actions: SidebarActions
  mayChange: boolean
}

const MANUAL = 'manual'
/** So many types are named before the others are only counted. */
const NAMED = 5
/** Seconds. */
const MINUTE = 60
const HOUR = 3_600

/** Draws what the package knows. Everything that came from outside is written as text. */
export class SidebarView {
  /** What the buttons do, by their key. */
  private presses = new Map<string, () => void>()
  private readonly readings: ReadingView

  constructor(
    private readonly root: JQuery,
    private readonly parts: SidebarViewParts
  ) {
    this.readings = new ReadingView(parts.t)
    root.on('click', 'button[data-key]', event => {
      event.preventDefault()
      this.presses.get($(event.currentTarget).attr('data-key') ?? '')?.()
    })
    root.on('change', '.withings-target select', event => {
      parts.actions.chooseTarget(String($(event.currentTarget).val()))
    })
  }

  /** Shows what is new, and leaves the keyboard where it was. */
  show(overview: Overview): void {
    const { t } = this.parts
    this.presses = new Map()
    const focused = this.root.find(':focus')
    const key = focused.attr('data-key')
    const device = focused.closest('li').attr('data-device')
    // Nobody can connect one whose account is gone.
    const isFresh = ({ connected, account }: OverviewDevice) => !connected && account !== null
    const fresh = overview.devices.filter(isFresh)
    const known = overview.devices.filter(device => !isFresh(device))
    this.targets(overview)
    this.list(
      'accounts',
      overview.accounts.map(account => this.account(account, overview)),
      t('noAccounts')
    )
    const nothingNew = overview.devices.length > 0 ? t('allConnected') : t('nothingFound')
    this.list(
      'discovery',
      fresh.map(device => this.discovered(device, overview)),
      nothingNew
    )
    this.list(
      'devices',
      known.map(device => this.connected(device, overview)),
      t('noDevices')
    )
    this.say(this.problems(overview))
    this.focus(key, device)
  }

  /** The same button, else another one of the same device: it may have moved to another list. */
  private focus(key: string | undefined, device: string | undefined): void {
    if (key === undefined) return
    const having = (all: JQuery, name: string, value: string | undefined): JQuery =>
      all.filter((_, element) => $(element).attr(name) === value)
    const same = having(this.root.find('[data-key]'), 'data-key', key)
    const near = having(this.root.find('li[data-device]'), 'data-device', device).find('button')
    ;(same.length > 0 ? same : near).first().trigger('focus')
  }

  say(problems: readonly string[]): void {
    const place = this.root.find('.withings-problems')
    if (place.text() === problems.join('')) return
    place.empty().append(...problems.map(problem => $('<p class="form-tips">').text(problem)))
  }

  private problems({ accounts, targets, devices }: Overview): string[] {
    const { t } = this.parts
    const away = targets.filter(({ broker }) => broker === 'away')
    const silent = targets.filter(({ broker, gladys }) => broker !== 'away' && gladys === 'away')
    return [
      ...accounts
        .filter(({ status }) => status === 'none' || status === 'login-needed')
        .map(({ name, status }) => {
          const account = name || t('unnamed')
          return status === 'none' ? t('problem.none', { account }) : t('problem.login', { account })
        }),
      ...accounts.flatMap(({ error }) => (error ? [error.message] : [])),
      ...this.spareAccounts(accounts),
      ...away.map(({ waiting }) => t('problem.brokerAway', { waiting })),
      ...silent.map(({ waiting }) => t('problem.gladysAway', { waiting })),
      ...(targets.some(({ broker }) => broker === 'unset') ? [t('problem.noServer')] : []),
      ...(targets.length === 0 && devices.length > 0 ? [t('problem.noTarget')] : [])
    ]
  }

  private spareAccounts(accounts: readonly OverviewAccount[]): string[] {
    const { t } = this.parts
    const nameOf = ({ name }: OverviewAccount): string => name || t('unnamed')
    return accounts.flatMap(spare => {
      const other = accounts.find(({ id }) => id === spare.spareOf)
      return other ? [t('problem.spare', { account: nameOf(spare), other: nameOf(other) })] : []
    })
  }

  private list(section: string, items: JQuery[], none: string): void {
    const wanted = $('<ul>').append(...(items.length > 0 ? items : [$('<li>').text(none)]))
    const [list] = this.root.find(`.withings-${section} ul`).get()
    const [fresh] = wanted.get()
    if (list && fresh) morph(list, fresh)
  }

  /** Which of several Gladys device nodes the lists are about. */
  private targets({ targets, target }: Overview): void {
    const place = this.root.find('.withings-target').toggle(targets.length > 1)
    const { t } = this.parts
    const options = targets.map(({ id, name }, index) =>
      $('<option>')
        .val(id)
        .text(name || t('unnamedTarget', { number: index + 1 }))
    )
    const [list] = place.find('select').get()
    const [fresh] = $('<select>')
      .append(...options)
      .get()
    if (!list || !fresh) return
    fresh.id = list.id
    morph(list, fresh)
    $(list).val(target ?? '')
  }

  private account({ id, name, status, userId }: OverviewAccount, overview: Overview): JQuery {
    const { t, actions } = this.parts
    const row = $('<div class="withings-row">')
    const account = name || t('unnamed')
    const text = $('<span>').append(
      $('<span class="withings-name">').text(account),
      document.createTextNode(` – ${t(`account.${status}`)}`)
    )
    const open = this.button(`open ${id}`, t('open'), t('openAccount', { account }), () =>
      actions.openAccount(id)
    )
    const item = $('<li>').append(row.append(text, open), ...this.moves(id, overview))
    if (status === 'none') return item
    const running = newest(
      overview.imports,
      one => isOfPerson(one, userId, overview) && one.deviceId === null
    )
    if (running) item.append(this.progress(running, account))
    if (running === undefined || !isOpen(running)) {
      const all = this.button(`import-all ${id}`, t('importAll'), t('importAllOf', { account }), () =>
        actions.importAll(id)
      )
      row.append(this.usable(all, overview))
    }
    return item
  }

  private moves(id: string, { moves }: Overview): JQuery[] {
    const { t, actions } = this.parts
    const own = moves.filter(({ account }) => account === id)
    return moveLines(own, t, {
      button: (key, words, press) => this.forbid(this.button(key, words, words, press)),
      move: wanted => actions.moveDays(wanted)
    })
  }

  private discovered(device: OverviewDevice, overview: Overview): JQuery {
    const { t, actions } = this.parts
    const label = t('connectDevice', { device: this.nameOf(device) })
    const connect = this.button(`connect ${keyOf(device)}`, t('connect'), label, () =>
      actions.connect(device)
    )
    connect.addClass('primary')
    const row = $('<div class="withings-row">').append(this.importable(connect, device, overview))
    // What Withings lists would come back at once.
    if (device.listed !== true) row.append(this.forgetButton(device))
    return itemOf(device).append(this.head(device), row)
  }

  private connected(device: OverviewDevice, overview: Overview): JQuery {
    const { t, actions } = this.parts
    const { imports, targets, target } = overview
    const item = itemOf(device).append(this.head(device), this.readings.reading(device))
    const create = targets.find(({ id }) => id === target)?.create
    const name = this.nameOf(device)
    const ofPerson = imports.filter(one => isOfPerson(one, device.userId, overview))
    const running = newest(ofPerson, ({ deviceId }) => deviceId === (device.deviceId ?? MANUAL))
    const ofAll = newest(ofPerson, one => isOpen(one) && isAlsoOf(one, device))
    if (running) item.append(this.progress(running, name))
    if (ofAll) item.append($('<p>').text(t('partOfAll')))
    else if (running === undefined || !isOpen(running)) {
      const label = t('importDevice', { device: name })
      const again = this.button(`import ${keyOf(device)}`, t('import'), label, () => actions.connect(device))
      const buttons = [this.importable(again, device, overview), this.forgetButton(device)]
      item.append($('<div class="withings-row">').append(...buttons))
    }
    const isExplained = running && !isOpen(running) && (running.missing ?? []).length > 0
    if (running && create === 'discovery' && !isExplained) item.append($('<p>').text(t('oneClick')))
    return item
  }

  private forgetButton(device: OverviewDevice): JQuery {
    const { t, actions } = this.parts
    const name = this.nameOf(device)
    const label = t('forgetDevice', { device: name })
    return this.forbid(
      this.button(`forget ${keyOf(device)}`, t('forget'), label, () => actions.forget(device, name))
    )
  }

  private importable(button: JQuery, { account }: OverviewDevice, overview: Overview): JQuery {
    if (account === null) return greyed(button, this.parts.t('accountGone'))
    return this.usable(button, overview)
  }

  /** Needs a Gladys device node that can send. */
  private usable(button: JQuery, { targets, target }: Overview): JQuery {
    const isUsable = targets.some(({ id, broker }) => id === target && broker !== 'unset')
    if (!isUsable) greyed(button, this.parts.t(target === null ? 'problem.noTarget' : 'problem.noServer'))
    return this.forbid(button)
  }

  private head(device: OverviewDevice): JQuery {
    const { t } = this.parts
    const { battery } = device
    const row = $('<div class="withings-row">').append(
      $('<span class="withings-name">').text(this.nameOf(device))
    )
    if (battery !== null) row.append($('<span>').text(t('battery', { percent: battery })))
    const head = $('<div>').append(row)
    if (device.account === null) head.append($('<p>').text(t('accountGone')))
    else if (device.listed === false) head.append($('<p>').text(t('notListed')))
    return head
  }

  private progress(state: ImportState, name: string): JQuery {
    const { t, actions } = this.parts
    const { id, done, dropped = 0, total, error, leftOut } = state
    const place = $('<div>')
    const all = { done: inWords(done - dropped), total: inWords(total ?? 0) }
    const amount = total === null ? t('sent', { done: all.done }) : t('sentOf', all)
    const parts = isOpen(state) ? [amount, ...this.whereabouts(state)] : [amount]
    place.append($('<div>').text(`${t(`import_${state.state}`)}: ${parts.join(', ')}`))
    if (error) place.append($('<div>').text(error.message))
    const chapters = leftOut.map(chapter => t(`chapter.${chapter}`)).join(', ')
    if (chapters !== '') place.append($('<div>').text(t('leftOut', { chapters })))
    const compared = this.comparedWithGladys(state)
    if (compared !== '') place.append($('<div>').text(compared))
    if (!isOpen(state)) return place.append(this.missing(state))
    const bar = $('<progress>').attr('aria-label', t('progress', { device: name }))
    // Without a total nobody knows how far it is.
    if (total !== null && total > 0) bar.attr({ max: total, value: done })
    const control = (action: ImportAction): JQuery =>
      this.forbid(
        this.button(`${action} ${id}`, t(action), t(`${action}Device`, { device: name }), () =>
          actions.control(id, action)
        )
      )
    const toggle = state.state === 'paused' ? 'resume' : 'pause'
    const row = $('<div class="withings-row">').append($('<span>'), control(toggle), control('cancel'))
    return place.append(bar, row)
  }

  private comparedWithGladys({ comparison }: ImportState): string {
    const { t } = this.parts
    switch (comparison?.state) {
      case 'running':
        return t('comparing')
      case 'failed':
        return t('notCompared')
      case 'done':
        return t('inGladys', { found: inWords(comparison.found), expected: inWords(comparison.expected) })
      default:
        return ''
    }
  }

  /** What Gladys has no feature for yet, and what to do about it. */
  private missing({ missing = [] }: ImportState): JQuery {
    const { t } = this.parts
    if (missing.length === 0) return $()
    const types = missing.slice(0, NAMED).map(type => this.readings.kindOf({ type, position: null }))
    const rest = missing.length - types.length
    // Names have commas of their own.
    const words = types.join(' · ')
    const named = rest === 0 ? words : t('andMore', { types: words, count: rest })
    return $('<p>').text(t('missing', { types: named }))
  }

  /** What is being read, how far that is, and how long it takes, as far as anybody knows. */
  private whereabouts({ chapter, at, secondsLeft }: ImportState): string[] {
    const { t } = this.parts
    const date = at === null ? '' : new Date(at).toLocaleDateString(editorLanguage(), { dateStyle: 'medium' })
    return [
      t(`chapter.${chapter}`),
      ...(date === '' ? [] : [t('at', { date })]),
      ...(secondsLeft === null ? [] : [this.timeLeft(secondsLeft)])
    ]
  }

  private timeLeft(seconds: number): string {
    const { t } = this.parts
    if (seconds < 2 * MINUTE) return t('secondsLeft', { count: Math.round(seconds) })
    if (seconds < 2 * HOUR) return t('minutesLeft', { count: Math.round(seconds / MINUTE) })
    return t('hoursLeft', { count: Math.round(seconds / HOUR) })
  }

  private button(key: string, text: string, label: string, press: () => void): JQuery {
    this.presses.set(key, press)
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(text)
      .attr({ 'data-key': key, 'aria-label': label })
  }

  /** For who may look only; says why. */
  private forbid(button: JQuery): JQuery {
    const { t, mayChange } = this.parts
    return mayChange ? button : greyed(button, t('notAllowed'))
  }

  private nameOf({ deviceId, model, person, name: known }: OverviewDevice): string {
    const { t } = this.parts
    if (known !== null) return known
    const name = deviceId === null ? t('manual') : (model ?? t('unnamedDevice'))
    return person === '' ? name : `${name} (${person})`
  }
}

export function isOpen({ state }: ImportState): boolean {
  return state === 'running' || state === 'waiting' || state === 'paused'
}

function newest(
  imports: readonly ImportState[],
  isWanted: (state: ImportState) => boolean
): ImportState | undefined {
  return imports
    .filter(isWanted)
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .at(-1)
}

/** Of the Gladys device node that this is about. */
function isOfPerson(state: ImportState, userId: string | null, { target }: Overview): boolean {
  return state.node === target && state.userId === userId
}

function isAlsoOf({ deviceId, except = [] }: ImportState, device: OverviewDevice): boolean {
  return deviceId === null && !except.includes(device.deviceId ?? MANUAL)
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

function inWords(count: number): string {
  return count.toLocaleString(editorLanguage())
}
