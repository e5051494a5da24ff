import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import type { Simulator } from '../simulator'
import type { ADMIN, NodeRed } from '../support/node-red'
import { browser } from './browser'

export interface EditorOptions {
  user?: typeof ADMIN
  locale?: string
  colorScheme?: 'light' | 'dark'
}

interface Fault {
  id: string
  impact?: string | null
  nodes: { html: string }[]
}

interface EditorWindow {
  RED: {
    nodes: {
      id(): string
      node(id: string): Record<string, unknown> | null
      filterNodes(filter: { type: string }): { id: string }[]
      filterLinks(filter: { source: { id: string }; target: { id: string } }): unknown[]
      eachConfig(visit: (node: { id: string; type: string }) => void): void
    }
    sidebar: { show(id: string): void }
    view: { reveal(id: string): void }
  }
  axe: { run(selector: string, options: object): Promise<{ violations: Fault[] }> }
}

const AXE = require.resolve('axe-core/axe.min.js')
/** Said by the browser of refused requests, and those of Node-RED's own making. */
const EXPECTED = /Failed to load resource|favicon|fonts?\.g/i
/** How often a gesture is made before it counts as failed: a busy machine may miss one. */
const GESTURES = 4
/** A palette node that no search of these tests finds. */
const NOT_SEARCHED = '.red-ui-palette-node[data-palette-type="range"]'

/** Node-RED's editor as a person sees it. */
export class Editor {
  /** What the page complained about. */
  readonly complaints: string[] = []

  private constructor(
    readonly nodeRed: NodeRed,
    readonly context: BrowserContext,
    readonly page: Page
  ) {}

  static async open(nodeRed: NodeRed, options: EditorOptions = {}): Promise<Editor> {
    const { user, locale = 'en-US', colorScheme = 'light' } = options
    const context = await (
      await browser()
    ).newContext({
      locale,
      colorScheme,
      viewport: { width: 1440, height: 960 }
    })
    context.setDefaultTimeout(30_000)
    const page = await context.newPage()
    const editor = new Editor(nodeRed, context, page)
    page.on('pageerror', error => editor.complaints.push(String(error)))
    page.on('console', message => {
      if (message.type() !== 'error' || EXPECTED.test(message.text())) return
      editor.complaints.push(message.text())
    })
    await page.goto(nodeRed.root)
    if (user) await editor.logIn(user)
    await page.waitForSelector('#red-ui-workspace-chart')
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="withings-measures"]', {
      state: 'attached'
    })
    await page
      .waitForSelector('#red-ui-loading-progress, .red-ui-loading', { state: 'hidden' })
      .catch(() => {})
    await editor.dismissTours()
    // Node-RED 5 asks its users, and has a dark theme of its own; the others have none.
    if (colorScheme === 'dark')
      await page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'))
    return editor
  }

  async close(): Promise<void> {
    await this.context.close()
  }

  private async logIn({ username, password }: typeof ADMIN): Promise<void> {
    await this.page.fill('#node-dialog-login-username', username)
    await this.page.fill('#node-dialog-login-password', password)
    await this.page.click('#node-dialog-login-submit')
  }

  /** Whatever the editor greets newcomers with. */
  private async dismissTours(): Promise<void> {
    const later = this.page.locator('.red-ui-notification button, .red-ui-tourGuide-popover button')
    for (const button of await later.all()) await button.click({ timeout: 1000 }).catch(() => {})
  }

  /** Drags a node from the palette to the flow; gives its id. */
  async add(type: string, x: number, y: number): Promise<string> {
    const { page } = this
    const before = await this.idsOf(type)
    await page.click('#red-ui-palette-search input')
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type(type)
    await page.waitForSelector(NOT_SEARCHED, { state: 'hidden' })
    const item = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`)
    return this.repeat(`${type} is dropped`, async () => {
      // Comes to rest there: what the search found still moves.
      await item.hover()
      const chart = await page.locator('#red-ui-workspace-chart').boundingBox()
      if (!chart) throw new Error('there is no flow')
      await page.mouse.down()
      await page.mouse.move(chart.x + x, chart.y + y, { steps: 8 })
      await page.mouse.move(chart.x + x + 1, chart.y + y + 1)
      await page.mouse.up()
      return (await this.idsOf(type)).find(known => !before.includes(known))
    })
  }

  /** Draws a wire from the first output of one node to the input of another. */
  async wire(from: string, to: string): Promise<void> {
    const { page } = this
    const port = (node: string, kind: string) =>
      page.locator(`[id="${node}"] .red-ui-flow-port-${kind} .red-ui-flow-port`).first()
    await this.repeat('the wire', async () => {
      await port(from, 'output').hover()
      await page.mouse.down()
      const input = await port(to, 'input').boundingBox()
      if (!input) throw new Error('there is no port')
      await page.mouse.move(input.x + input.width / 2, input.y + input.height / 2, { steps: 6 })
      await page.mouse.up()
      const isWired = await page.evaluate(
        ([source, target]) =>
          (window as unknown as EditorWindow).RED.nodes.filterLinks({
            source: { id: source ?? '' },
            target: { id: target ?? '' }
          }).length > 0,
        [from, to]
      )
      return isWired || undefined
    })
  }

  /** Makes a gesture until it gives something. */
  private async repeat<T>(what: string, gesture: () => Promise<T | undefined>): Promise<T> {
    for (let attempt = 1; attempt <= GESTURES; attempt += 1) {
      const result = await gesture()
      if (result !== undefined) return result
    }
    throw new Error(`${what}: not after ${GESTURES} attempts`)
  }

  async idsOf(type: string): Promise<string[]> {
    return this.page.evaluate(wanted => {
      const { RED } = window as unknown as EditorWindow
      const ids = RED.nodes.filterNodes({ type: wanted }).map(({ id }) => id)
      RED.nodes.eachConfig(node => {
        if (node.type === wanted) ids.push(node.id)
      })
      return ids
    }, type)
  }

  /** A property of a node as the editor has it. */
  property(id: string, name: string): Promise<unknown> {
    return this.page.evaluate(
      ([node, key]) => (window as unknown as EditorWindow).RED.nodes.node(node ?? '')?.[key ?? ''],
      [id, name]
    )
  }

  async openNode(id: string): Promise<void> {
    const node = this.page.locator(`[id="${id}"] .red-ui-flow-node`)
    const dialog = this.page.locator('#node-dialog-ok')
    // Node-RED takes two clicks for one double click only within 650 ms, which a busy machine may miss.
    await this.repeat('the dialog opens', async () => {
      // A dialog that opens late covers the node.
      await node.dblclick({ delay: 20, timeout: 5_000 }).catch(() => undefined)
      return dialog.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => undefined
      )
    })
    await this.dialogsRest()
  }

  /** Presses the button beside a config node's list: the pencil, or the plus for a new one. */
  async openConfig(property: string, what: 'add' | 'edit'): Promise<void> {
    const beside = `#node-input-btn-${property}-${what}, #node-input-lookup-${property}`
    await this.page.click(beside)
    await this.page.waitForSelector('#node-config-dialog-ok')
    await this.dialogsRest()
  }

  async done(dialog: 'node' | 'config' = 'node'): Promise<void> {
    await this.press(dialog === 'node' ? '#node-dialog-ok' : '#node-config-dialog-ok')
  }

  /** For the next test, when one failed in a dialog. */
  async leaveDialogs(): Promise<void> {
    for (const button of ['#node-config-dialog-cancel', '#node-dialog-cancel'])
      if ((await this.page.locator(button).count()) > 0) await this.press(button)
  }

  private async press(button: string): Promise<void> {
    await this.page.click(button)
    await this.page.waitForSelector(button, { state: 'detached' })
    await this.dialogsRest()
  }

  /** Node-RED raises its stack of dialogs when the last one has come to rest, and uncovers the flow after it. */
  private async dialogsRest(): Promise<void> {
    await this.page.waitForFunction(() => {
      const stack = document.querySelector('#red-ui-editor-stack')
      const shade = document.querySelector('#red-ui-editor-shade')
      if (!stack || !shade) return false
      return stack.querySelector('.red-ui-tray') === null
        ? getComputedStyle(shade).display === 'none'
        : getComputedStyle(stack).zIndex === '13'
    })
  }

  async deploy(): Promise<void> {
    const { page } = this
    await page.click('#red-ui-header-button-deploy')
    await page.waitForSelector('#red-ui-header-button-deploy.disabled')
  }

  /** Fills the account dialog for a simulated Withings. */
  async fillAccount(simulator: Simulator, name: string): Promise<void> {
    const { page } = this
    await page.fill('#node-config-input-name', name)
    await page.fill('#node-config-input-clientId', simulator.client.id)
    await page.fill('#node-config-input-clientSecret', simulator.client.secret)
    await page.selectOption('#node-config-input-region', 'custom')
    await page.fill('#node-config-input-apiUrl', simulator.url)
    await page.fill('#node-config-input-accountUrl', simulator.url)
  }

  /** Presses Connect, and allows in the popup; gives what the popup says in the end. */
  async connect(decision: 'allow' | 'deny' = 'allow'): Promise<string> {
    const [popup] = await Promise.all([
      this.context.waitForEvent('page'),
      this.page.click('#withings-connect')
    ])
    await popup.click(`button[value="${decision}"]`)
    await popup.waitForURL('**/withings/callback?*')
    const text = await popup.innerText('body')
    await popup.close()
    return text
  }

  /** Who is linked, as the account dialog tells. */
  async linkFacts(): Promise<string> {
    return this.page.innerText('#withings-link dl')
  }

  /** Opens the tab "Withings". */
  async showSidebar(): Promise<void> {
    await this.page.evaluate(() => (window as unknown as EditorWindow).RED.sidebar.show('withings-sidebar'))
    await this.page.waitForSelector('.withings-sidebar', { state: 'visible' })
  }

  /** Serious faults in what a selector shows, for people who cannot see or point. */
  async faults(selector: string): Promise<string[]> {
    await this.page.evaluate(readFileSync(AXE, 'utf8'))
    const { violations } = await this.page.evaluate(
      where => (window as unknown as EditorWindow).axe.run(where, { resultTypes: ['violations'] }),
      selector
    )
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
  }
}
