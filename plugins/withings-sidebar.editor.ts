import type { ImportState } from '../lib/gladys/import/state'
import type { Overview, OverviewDevice, OverviewMove } from '../lib/gladys/overview/types'
import type { Translate } from '../nodes/form.editor'
import { askToMove } from './day-moves.editor'
import { ImportRules } from './import-rules.editor'
import { type ImportAction, isOpen, SidebarView } from './sidebar-view.editor'

const ID = 'withings-sidebar'
/** A plugin asks under the name of the module, yet its texts are kept under its own (node-red.md §1.3). */
const CATALOGUE = '@gladys-withings/node-red-withings/withings-sidebar'
const OURS = /^(withings|gladys)-/
/** Changes of this long, in milliseconds, are answered by one question. */
const GATHER = 1_500

/** What RED.notify gives. */
type Notification = HTMLElement & { close(): void }

interface Permissions {
  user?: { hasPermission?(permission: string): boolean }
}

/** Named once for the whole package. */
const shared = /^(measure\.|unit\.|position\.|chapter\.|nap$)/
const t: Translate = (key, params) =>
  RED._(`${CATALOGUE}:${shared.test(key) ? 'withings' : ID}.${key}`, params ?? {})

function section(name: string): JQuery {
  const heading = `withings-sidebar-${name}`
  return $(`<section class="withings-${name}">`)
    .attr('aria-labelledby', heading)
    .append($('<h4>').attr('id', heading).text(t(name)), $('<ul>'))
}

/** The tab with accounts, discovery and devices. */
class Sidebar {
  readonly content = $('<div class="withings-sidebar">')
  private readonly view: SidebarView
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
    const { user } = RED as unknown as Permissions
    this.view = new SidebarView(this.content, {
      t,
      mayChange: user?.hasPermission?.('withings-account.write') ?? true,
      actions: {
        connect: ({ account, deviceId }) => {
          if (account !== null) this.startImport({ account, deviceId: deviceId ?? 'manual' })
        },
        importAll: account => this.startImport({ account }),
        control: (id, action) => this.control(id, action),
        forget: (device, name) => this.askToForget(device, name),
        moveDays: move => this.askToMove(move),
        openAccount: id => {
          // One that was deployed elsewhere is not in this editor yet.
          if (RED.nodes.node(id)) RED.editor.editConfig('', 'withings-account', id, '')
        },
        chooseTarget: id => {
          this.target = id
          this.changed('now')
        }
      }
    })
    const refresh = $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(t('refresh'))
      .on('click', () => {
        this.fresh = true
        this.changed('now')
      })
    this.content.append(
      refresh,
      $('<div class="withings-problems" role="status" aria-live="polite">'),
      $('<div class="withings-target">')
        .append(
          $('<label for="withings-sidebar-target">').text(t('target')),
          $('<select id="withings-sidebar-target">')
        )
        .hide(),
      $('<div class="withings-rules">'),
      ...['accounts', 'discovery', 'devices'].map(section)
    )
    this.rules = new ImportRules(this.content.find('.withings-rules'), t)
  }

  /** Starts to listen; asks nothing before somebody looks. */
  listen(): void {
    RED.comms.subscribe('withings/imports', (_topic: string, state: ImportState) => this.imported(state))
    RED.comms.subscribe('withings/overview', () => this.changed())
    RED.comms.subscribe('withings/auth/#', () => this.changed())
    RED.comms.subscribe('status/#', (topic: string) => {
      const id = topic.replace(/^status\//, '')
      // Nodes in subflows run as `<instance>-<node>`.
      const node = (RED.nodes.node(id) ?? RED.nodes.node(id.slice(id.lastIndexOf('-') + 1))) as {
        type: string
      } | null
      if (node && OURS.test(node.type)) this.changed()
    })
    RED.events.on('deploy', () => this.changed())
    const [element] = this.content.get()
    if (element) new IntersectionObserver(() => this.seen()).observe(element)
  }

  private get isSeen(): boolean {
    return this.content.is(':visible')
  }

  private seen(): void {
    if (this.isSeen && this.stale) this.ask()
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
    $.getJSON('withings/overview', {
      ...(fresh ? { fresh: 1 } : {}),
      ...(target === undefined ? {} : { target })
    })
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
    if (this.isSeen) this.view.show(this.overview)
    if (!isOpen(state)) this.changed()
  }

  private startImport(asked: { account: string; deviceId?: string }): void {
    const rules = this.rules.of(asked.account)
    this.post('withings/imports', { node: this.overview?.target, ...asked, rules })
  }

  private control(id: string, action: ImportAction): void {
    this.post(`withings/imports/${encodeURIComponent(id)}/${action}`, {})
  }

  private askToMove(wanted: OverviewMove): void {
    if (this.overview === undefined) return
    const { account, to } = wanted
    const node = this.overview.target
    const move = () => this.post('withings/days/move', { node, account, deviceId: to })
    askToMove(wanted, this.overview, { t, move })
  }

  private askToForget(device: OverviewDevice, name: string): void {
    const { targets = [], target } = this.overview ?? {}
    const create = targets.find(({ id }) => id === target)?.create
    const text = t(create === 'discovery' ? 'forgetQuestion' : 'forgetQuestionOwn', { device: name })
    const question = RED.notify($('<p>').text(text), {
      modal: true,
      fixed: true,
      type: 'warning',
      buttons: [
        { text: t('keep'), click: () => question.close() },
        {
          text: t('forget'),
          class: 'primary',
          click: () => {
            question.close()
            this.forget(device)
          }
        }
      ]
    }) as HTMLElement as Notification
  }

  private forget({ userId, deviceId }: OverviewDevice): void {
    const body = { node: this.overview?.target, userId, deviceId: deviceId ?? 'manual' }
    this.send('withings/overview/forget', body).done(() => this.changed('now'))
  }

  private post(url: string, body: object): void {
    this.send(url, body).done((state: ImportState) => {
      this.imported(state)
      this.ask()
    })
  }

  private send(url: string, body: object): JQuery.jqXHR {
    return $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify(body) }).fail(
      request => this.explain(request)
    )
  }

  private explain(request: JQuery.jqXHR): void {
    const answer = request.responseJSON as { error?: { message?: string } } | undefined
    const refused = request.status === 401 || request.status === 403
    this.view.say([refused ? t('notAllowed') : (answer?.error?.message ?? t('noAnswer'))])
  }
}

RED.plugins.registerPlugin(ID, {
  onadd() {
    const sidebar = new Sidebar()
    const [content] = sidebar.content.get()
    if (content === undefined) return
    RED.sidebar.addTab({
      id: ID,
      label: t('title'),
      name: t('title'),
      iconClass: 'fa fa-heartbeat',
      content,
      enableOnEdit: true
    })
    sidebar.listen()
  }
})
