import { type ImportState, isOpen } from '../lib/gladys/import/state'
import type { Overview, OverviewDevice, OverviewMove } from '../lib/gladys/overview/types'
import { askBefore, failureOf, postJson } from '../nodes/red.editor'
import { ImportRules } from './import-rules.editor'
import { t } from './sidebar-texts.editor'
import { createOf, type ImportAction, type SidebarActions, SidebarView } from './sidebar-view.editor'

const ID = 'withings-sidebar'
const OURS = /^(withings|gladys)-/
/** Changes of this long, in milliseconds, are answered by one question. */
const GATHER = 1_500

function section(name: string): JQuery {
  const heading = `withings-sidebar-${name}`
  return $(`<section class="withings-${name}">`)
    .attr('aria-labelledby', heading)
    .append($('<h4>').attr('id', heading).text(t(name)), $('<ul>'))
}

/** The tab with accounts, discovery and devices. */
class Sidebar implements SidebarActions {
  readonly content = $('<div class="withings-sidebar">')
  private readonly view = new SidebarView(this.content, this)
  private readonly rules: ImportRules
  private overview: Overview | undefined
  /** The Gladys device node that the user chose. */
  private target: string | undefined
  private stale = true
  private timer: number | undefined
  private asking = false
  /** Somebody pressed Refresh: Withings has to be asked again. */
  private fresh = false

  constructor() {
    const refresh = $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(t('refresh'))
      .on('click', () => {
        this.fresh = true
        this.changed('now')
      })
    const target = $('<div class="withings-target">').append(
      $('<label for="withings-sidebar-target">').text(t('target')),
      $('<select id="withings-sidebar-target">')
    )
    this.content.append(
      refresh,
      $('<div class="withings-problems" role="status" aria-live="polite">'),
      target.hide(),
      $('<div class="withings-rules">'),
      ...['accounts', 'discovery', 'devices'].map(section)
    )
    this.rules = new ImportRules(this.content.find('.withings-rules'))
  }

  /** Adds the tab and starts to listen; asks nothing before somebody looks. */
  open(): void {
    RED.comms.subscribe('withings/imports', (_topic: string, state: ImportState) => this.imported(state))
    RED.comms.subscribe('withings/overview', () => this.changed())
    RED.comms.subscribe('withings/auth/#', () => this.changed())
    RED.comms.subscribe('status/#', (topic: string) => {
      const id = topic.replace(/^status\//, '')
      // Nodes in subflows run as `<instance>-<node>`.
      const node = RED.nodes.node(id) ?? RED.nodes.node(id.slice(id.lastIndexOf('-') + 1))
      if (node && OURS.test(node.type)) this.changed()
    })
    RED.events.on('deploy', () => this.changed())
    for (const content of this.content.get()) {
      const [label, iconClass] = [t('title'), 'fa fa-heartbeat']
      RED.sidebar.addTab({ id: ID, label, name: label, iconClass, content, enableOnEdit: true })
      new IntersectionObserver(() => this.seen()).observe(content)
    }
  }

  private seen(): void {
    if (this.content.is(':visible') && this.stale) this.ask()
  }

  private changed(when: 'soon' | 'now' = 'soon'): void {
    this.stale = true
    if (when === 'now') return this.seen()
    if (this.timer !== undefined) return
    this.timer = window.setTimeout(() => {
      this.timer = undefined
      this.seen()
    }, GATHER)
  }

  private ask(): void {
    if (this.asking) return
    this.asking = true
    this.stale = false
    const { target, fresh } = this
    this.fresh = false
    $.getJSON('withings/overview', { ...(fresh && { fresh: 1 }), ...(target !== undefined && { target }) })
      .done((answer: Overview) => {
        this.overview = answer
        this.view.show(answer)
        this.rules.show(answer)
      })
      .fail(request => this.explain(request))
      .always(() => {
        this.asking = false
        if (this.stale) this.changed(this.fresh || target !== this.target ? 'now' : 'soon')
      })
  }

  private imported(state: ImportState): void {
    if (this.overview === undefined) return
    const others = this.overview.imports.filter(({ id }) => id !== state.id)
    this.overview = { ...this.overview, imports: [...others, state] }
    if (this.content.is(':visible')) this.view.show(this.overview)
    if (!isOpen(state.state)) this.changed()
  }

  connect({ account, deviceId }: OverviewDevice): void {
    if (account !== null) this.startImport(account, { deviceId: deviceId ?? 'manual' })
  }

  importAll(account: string): void {
    this.startImport(account, {})
  }

  private startImport(account: string, of: { deviceId?: string }): void {
    const rules = this.rules.of(account)
    this.post('withings/imports', { node: this.overview?.target, account, ...of, rules })
  }

  control(id: string, action: ImportAction): void {
    this.post(`withings/imports/${encodeURIComponent(id)}/${action}`, {})
  }

  openAccount(id: string): void {
    // One that was deployed elsewhere is not in this editor yet.
    if (RED.nodes.node(id)) RED.editor.editConfig('', 'withings-account', id, '')
  }

  chooseTarget(id: string): void {
    this.target = id
    this.changed('now')
  }

  /** Says what moving days does to this Gladys, and asks whether to. */
  moveDays({ account, to, name: device }: OverviewMove): void {
    if (this.overview === undefined) return
    const isDiscovery = createOf(this.overview) === 'discovery'
    const question = t(isDiscovery ? 'moveQuestionDiscovery' : 'moveQuestion', { device })
    const body = { node: this.overview.target, account, deviceId: to }
    const texts = { yes: t('moveDays', { device }), no: t('moveLater') }
    askBefore(() => this.post('withings/days/move', body), question, texts)
  }

  forget({ userId, deviceId }: OverviewDevice, device: string): void {
    if (this.overview === undefined) return
    const isDiscovery = createOf(this.overview) === 'discovery'
    const question = t(isDiscovery ? 'forgetQuestion' : 'forgetQuestionOwn', { device })
    const body = { node: this.overview.target, userId, deviceId: deviceId ?? 'manual' }
    const forget = () => void this.send('withings/overview/forget', body).done(() => this.changed('now'))
    askBefore(forget, question, { yes: t('forget'), no: t('keep') })
  }

  private post(url: string, body: object): void {
    this.send(url, body).done((state: ImportState) => {
      this.imported(state)
      this.ask()
    })
  }

  private send(url: string, body: object): JQuery.jqXHR {
    return postJson(url, body).fail(request => this.explain(request))
  }

  private explain(request: JQuery.jqXHR): void {
    this.view.say([failureOf(request, { notAllowed: t('notAllowed'), noAnswer: t('noAnswer') })])
  }
}

RED.plugins.registerPlugin(ID, { onadd: () => new Sidebar().open() })
