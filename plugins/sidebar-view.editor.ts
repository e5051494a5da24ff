import type { ImportState } from '../lib/gladys/import-state'
import type { Overview, OverviewAccount, OverviewDevice, OverviewReading } from '../lib/red/overview-shape'
import { typeInNight } from '../lib/withings/nap'
import { unitKey } from '../lib/withings/unit-words'
import { editorLanguage, type Translate } from '../nodes/form.editor'
import { morph } from './morph.editor'

export type ImportAction = 'pause' | 'resume' | 'cancel'

/** What a press of a button does. */
export interface SidebarActions {
  connect(device: OverviewDevice): void
  control(id: string, action: ImportAction): void
  forget(device: OverviewDevice, name: string): void
  openAccount(id: string): void
  chooseTarget(id: string): void
}

export interface SidebarViewParts {
  t: Translate
  actions: SidebarActions
  mayChange: boolean
}

const MANUAL = 'manual'
const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 200
const HEIGHT = 40
/** Seconds. */
const MINUTE = 60
const HOUR = 3_600

/** Draws what the package knows. Everything that came from outside is written as text. */
export class SidebarView {
  /** What the buttons do, by their key. */
  private presses = new Map<string, () => void>()

  constructor(
    private readonly root: JQuery,
    private readonly parts: SidebarViewParts
  ) {
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
    const fresh = overview.devices.filter(device => !device.connected)
    const known = overview.devices.filter(device => device.connected)
    this.targets(overview)
    this.list(
      'accounts',
      overview.accounts.map(account => this.account(account)),
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

  private account({ id, name, status }: OverviewAccount): JQuery {
    const { t, actions } = this.parts
    const row = $('<div class="withings-row">')
    const text = $('<span>').append(
      $('<span class="withings-name">').text(name || t('unnamed')),
      document.createTextNode(` – ${t(`account.${status}`)}`)
    )
    const label = t('openAccount', { account: name || t('unnamed') })
    const open = this.button(`open ${id}`, t('open'), label, () => actions.openAccount(id))
    return $('<li>').append(row.append(text, open))
  }

  private discovered(device: OverviewDevice, { target, targets }: Overview): JQuery {
    const usable = targets.some(({ id, broker }) => id === target && broker !== 'unset')
    const { t, actions } = this.parts
    const label = t('connectDevice', { device: this.nameOf(device) })
    const connect = this.button(`connect ${keyOf(device)}`, t('connect'), label, () =>
      actions.connect(device)
    )
    connect.addClass('primary')
    if (!usable) greyed(connect, t(target === null ? 'problem.noTarget' : 'problem.noServer'))
    this.forbid(connect)
    return itemOf(device).append(this.head(device), $('<div class="withings-row">').append(connect))
  }

  private connected(device: OverviewDevice, { imports, targets, target }: Overview): JQuery {
    const { t, actions } = this.parts
    const item = itemOf(device).append(this.head(device), this.reading(device))
    const create = targets.find(({ id }) => id === target)?.create
    const name = this.nameOf(device)
    const running = importOf(device, target, imports)
    if (running) item.append(this.progress(running, device))
    if (running === undefined || !isOpen(running)) {
      const label = t('importDevice', { device: name })
      const again = this.button(`import ${keyOf(device)}`, t('import'), label, () => actions.connect(device))
      const forget = this.button(
        `forget ${keyOf(device)}`,
        t('forget'),
        t('forgetDevice', { device: name }),
        () => actions.forget(device, name)
      )
      const row = $('<div class="withings-row">').append(this.forbid(again))
      item.append(create === 'discovery' ? row.append(this.forbid(forget)) : row)
    }
    if (running && create === 'discovery') item.append($('<p>').text(t('oneClick')))
    return item
  }

  private head(device: OverviewDevice): JQuery {
    const { t } = this.parts
    const { battery } = device
    const row = $('<div class="withings-row">').append(
      $('<span class="withings-name">').text(this.nameOf(device))
    )
    if (battery !== null) row.append($('<span>').text(t('battery', { percent: battery })))
    return row
  }

  private reading({ last, recent }: OverviewDevice): JQuery {
    const { t } = this.parts
    if (last === null) return $('<div>').text(t('noReading'))
    const value = [
      last.value.toLocaleString(editorLanguage(), { maximumFractionDigits: 4 }),
      this.unitOf(last)
    ]
    const place = $('<div>').text(`${this.kindOf(last)}: ${value.join(' ').trim()}, ${localTime(last.date)}`)
    if (recent.length > 1) place.append(this.chart(last, recent))
    return place
  }

  private chart(last: OverviewReading, recent: OverviewDevice['recent']): SVGElement {
    const values = recent.map(({ value }) => value)
    const times = recent.map(({ date }) => Date.parse(date))
    const scale = (all: readonly number[], size: number) => {
      const [low, high] = [Math.min(...all), Math.max(...all)]
      return (value: number): number => (high === low ? size / 2 : ((value - low) / (high - low)) * size)
    }
    const [x, y] = [scale(times, WIDTH), scale(values, HEIGHT - 4)]
    const points = recent.map(({ date, value }) => `${x(Date.parse(date))},${HEIGHT - 2 - y(value)}`)
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('class', 'withings-chart')
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    svg.setAttribute('preserveAspectRatio', 'none')
    svg.setAttribute('role', 'img')
    const from = localTime(recent[0]?.date ?? last.date)
    const params = { name: this.kindOf(last), count: recent.length, from, to: localTime(last.date) }
    svg.setAttribute('aria-label', this.parts.t('chart', params))
    const line = document.createElementNS(SVG, 'polyline')
    line.setAttribute('points', points.join(' '))
    svg.append(line)
    return svg
  }

  private progress(state: ImportState, device: OverviewDevice): JQuery {
    const { t, actions } = this.parts
    const { id, done, total, error, leftOut } = state
    const place = $('<div>')
    const all = { done: inWords(done), total: inWords(total ?? 0) }
    const amount = total === null ? t('sent', { done: all.done }) : t('sentOf', all)
    const parts = isOpen(state) ? [amount, ...this.whereabouts(state)] : [amount]
    place.append($('<div>').text(`${t(`import_${state.state}`)}: ${parts.join(', ')}`))
    if (error) place.append($('<div>').text(error.message))
    const chapters = leftOut.map(chapter => t(`chapter.${chapter}`)).join(', ')
    if (chapters !== '') place.append($('<div>').text(t('leftOut', { chapters })))
    if (!isOpen(state)) return place
    const bar = $('<progress>').attr('aria-label', t('progress', { device: this.nameOf(device) }))
    // Without a total nobody knows how far it is.
    if (total !== null && total > 0) bar.attr({ max: total, value: done })
    const control = (action: ImportAction): JQuery =>
      this.forbid(
        this.button(`${action} ${id}`, t(action), t(`${action}Device`, { device: this.nameOf(device) }), () =>
          actions.control(id, action)
        )
      )
    const toggle = state.state === 'paused' ? 'resume' : 'pause'
    const row = $('<div class="withings-row">').append($('<span>'), control(toggle), control('cancel'))
    return place.append(bar, row)
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

  private nameOf({ deviceId, model, person }: OverviewDevice): string {
    const name = deviceId === null ? this.parts.t('manual') : (model ?? '')
    return person === '' ? name : `${name} (${person})`
  }

  private kindOf({ type, position }: OverviewReading): string {
    const night = typeInNight(type)
    const named = night ?? type
    const name = this.parts.t(`measure.${named}`)
    const known = name.includes('measure.') ? named.replace(/_/g, ' ') : name
    const plain = night === undefined ? known : `${this.parts.t('nap')} ${known}`
    return position === null ? plain : `${plain}, ${this.positionOf(position)}`
  }

  private positionOf(position: string): string {
    const word = this.parts.t(`position.${position}`)
    return word.includes('position.') ? position.replace(/_/g, ' ') : word
  }

  private unitOf({ unit }: OverviewReading): string {
    if (unit === null) return ''
    const word = this.parts.t(`unit.${unitKey(unit)}`)
    return word.includes('unit.') ? unit : word
  }
}

export function isOpen({ state }: ImportState): boolean {
  return state === 'running' || state === 'waiting' || state === 'paused'
}

/** The newest import of this node that reaches this device. */
function importOf(
  device: OverviewDevice,
  target: string | null,
  imports: readonly ImportState[]
): ImportState | undefined {
  return imports
    .filter(({ node, account, deviceId }) => {
      const wanted = device.deviceId ?? MANUAL
      return node === target && account === device.account && (deviceId === null || deviceId === wanted)
    })
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .at(-1)
}

function greyed(button: JQuery, reason: string): JQuery {
  return button.prop('disabled', true).attr('title', reason)
}

function itemOf(device: OverviewDevice): JQuery {
  return $('<li>').attr('data-device', keyOf(device))
}

function keyOf({ account, deviceId }: OverviewDevice): string {
  return `${account} ${deviceId ?? MANUAL}`
}

function inWords(count: number): string {
  return count.toLocaleString(editorLanguage())
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString(editorLanguage(), { dateStyle: 'medium', timeStyle: 'short' })
}
