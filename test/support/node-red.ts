import { hashSync } from 'bcryptjs'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { faults } from './contracts.cjs'
import { Collected } from './events'
import { freePort } from './ports'
import { installedPackage } from './tarball'

export const ADMIN = { username: 'admin', password: 'test-admin-password' }
export const READER = { username: 'reader', password: 'test-reader-password' }

export interface NodeRedOptions {
  adminAuth?: boolean
  httpAdminRoot?: string
  /** Where the editor listens when nobody else does; otherwise, and by default, any free port. */
  port?: number
  /** Packages of nodes that are installed too, from our dev dependencies. */
  modules?: readonly string[]
  /** Whether the core nodes are loaded that our tests do not use: the editor shows them all. */
  allCoreNodes?: boolean
  /** More of settings.js, as values. */
  settings?: Record<string, unknown>
  env?: Record<string, string>
  /** Whether the test measures its memory or its delays: collecting what runs would add to both. */
  measured?: boolean
}

export type FlowNode = Record<string, unknown> & { id: string; type: string }
type Credentials = Record<string, Record<string, string>>

/** Core nodes that no flow of a test has. To load them is a third of Node-RED's start. */
const UNUSED_CORE_NODES = [
  ...['91-global-config', '16-range', '80-template', '89-delay', '89-trigger', '90-exec'],
  ...['21-httprequest', '22-websocket', '31-tcpin', '32-udp', '10-file', '23-watch'],
  ...['70-CSV', '70-HTML', '70-JSON', '70-XML', '70-YAML', '18-sort', '19-batch']
].map(name => `${name}.js`)

const CORE_NODES = 'core-nodes'

/** What of the code runs is collected, and written by a process that ends by itself. */
const COLLECTS = (process.env.NODE_V8_COVERAGE ?? '') !== ''
/** Milliseconds in which Node-RED stops its flows and writes that; one that hangs is killed. */
const LONGEST_END = 8_000

const ENVIRONMENT = {
  NODE_ENV: 'production',
  LANG: 'C',
  LC_ALL: 'C',
  // Node.js 24 keeps there what it compiled, Node.js 20 does not.
  NODE_COMPILE_CACHE: resolve(__dirname, '../../.cache/compiled')
}

const FAULT = 'CONTRACT'
/** For settings.js: what our nodes send is checked where they run. */
const CONTRACTS = `
require(${JSON.stringify(join(__dirname, 'contracts.cjs'))}).watchContracts(
  process.mainModule.require('@node-red/util').hooks,
  fault => console.error('${FAULT} ' + fault)
)
`

/** A real Node-RED as a child process, with the packed package installed in a userDir of its own. */
export class NodeRed {
  readonly log = new Collected<string>()
  private child: ChildProcess | undefined
  private bearer: string | undefined

  private constructor(
    readonly userDir: string,
    private readonly port: number,
    private readonly options: NodeRedOptions
  ) {}

  static async prepare(options: NodeRedOptions = {}): Promise<NodeRed> {
    const folder = mkdtempSync(join(tmpdir(), 'node-red-withings-'))
    const userDir = join(folder, 'user')
    mkdirSync(userDir)
    const installed = installedPackage()
    cpSync(join(installed, 'package.json'), join(userDir, 'package.json'))
    const { modules = [] } = options
    if (modules.length === 0) symlinkSync(join(installed, 'node_modules'), join(userDir, 'node_modules'))
    else linkModules(join(installed, 'node_modules'), join(userDir, 'node_modules'), modules)
    // Node-RED also looks for nodes above the core nodes: among all that this package is developed with.
    const core = dirname(require.resolve('@node-red/nodes', { paths: [nodeRedDir()] }))
    symlinkSync(core, join(folder, CORE_NODES), 'junction')
    const nodeRed = new NodeRed(userDir, await freePort(options.port), options)
    const settings = `module.exports = ${JSON.stringify(nodeRed.settings())}\n`
    writeFileSync(join(userDir, 'settings.js'), settings + (options.measured === true ? '' : CONTRACTS))
    return nodeRed
  }

  get root(): string {
    const path = this.options.httpAdminRoot ?? '/'
    return `${this.origin}${path.endsWith('/') ? path : `${path}/`}`
  }

  /** Where it listens, without any root. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Resolves when the flows run. */
  async start(): Promise<this> {
    const script = join(nodeRedDir(), 'red.js')
    const from = this.log.items.length
    const { measured = false } = this.options
    const child = spawn(process.env.NODE_RED_BIN ?? process.execPath, [script, '-u', this.userDir], {
      env: { ...process.env, ...ENVIRONMENT, ...this.options.env, ...(measured && { NODE_V8_COVERAGE: '' }) },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => text.split('\n').forEach(line => this.read(line)))
    }
    await this.startedSince(from)
    if (this.options.adminAuth === true) this.bearer = await this.tokenOf(ADMIN)
    return this
  }

  private read(line: string): void {
    if (line.startsWith(FAULT)) faults.add(line.slice(FAULT.length + 1))
    if (line !== '') this.log.push(line)
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  /** Bytes of memory that it takes from the system; on Linux only. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.child?.pid}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this
    if (!child || !this.isRunning) return
    // Not `exit`: what it wrote last is to be read, too.
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }

  async dispose(): Promise<void> {
    if (COLLECTS && this.options.measured !== true) {
      const timer = setTimeout(() => void this.kill(), LONGEST_END)
      await this.kill('SIGTERM')
      clearTimeout(timer)
    }
    await this.kill()
    rmSync(dirname(this.userDir), { recursive: true, force: true })
  }

  /** A call of the admin API as admin; `path` without leading slash. */
  admin(path: string, init: RequestInit = {}, bearer = this.bearer): Promise<Response> {
    const headers = new Headers(init.headers)
    // A process that was killed and started again does not know the sockets that are kept alive.
    headers.set('Connection', 'close')
    if (bearer !== undefined) headers.set('Authorization', `Bearer ${bearer}`)
    if (init.body !== undefined) headers.set('Content-Type', 'application/json')
    return fetch(this.root + path, { redirect: 'manual', ...init, headers })
  }

  async tokenOf({ username, password }: typeof ADMIN): Promise<string> {
    const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password }
    const answer = await fetch(`${this.root}auth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body)
    })
    if (!answer.ok) throw new Error(`the login answered ${answer.status}`)
    const { access_token: token } = (await answer.json()) as { access_token: string }
    return token
  }

  /** Deploys; resolves when the new flows run. */
  async deploy(flow: FlowNode[], credentials: Credentials = {}, type = 'full'): Promise<void> {
    const flows = flow.map(node => ({
      // Node-RED takes what has no place on a tab for a config node.
      ...(node.z === undefined ? {} : { x: 100, y: 100 }),
      ...node,
      ...(credentials[node.id] ? { credentials: credentials[node.id] } : {})
    }))
    const from = this.log.items.length
    const answer = await this.admin('flows', {
      method: 'POST',
      headers: { 'Node-RED-Deployment-Type': type },
      body: JSON.stringify(flows)
    })
    if (answer.status >= 300) throw new Error(`deploy answered ${answer.status}: ${await answer.text()}`)
    await this.startedSince(from)
  }

  /** Presses the button of an Inject node. */
  async inject(id: string, msg: Record<string, unknown> = {}): Promise<void> {
    const props = Object.entries(msg).map(([p, v]) =>
      typeof v === 'string' ? { p, v, vt: 'str' } : { p, v: JSON.stringify(v), vt: 'json' }
    )
    const body = JSON.stringify(props.length > 0 ? { __user_inject_props__: props } : {})
    const answer = await this.admin(`inject/${id}`, { method: 'POST', body })
    if (answer.status !== 200) throw new Error(`inject answered ${answer.status}`)
  }

  private async startedSince(line: number): Promise<void> {
    const started = (lines: string[]) =>
      lines.slice(line).some(text => /Started (modified )?(flows|nodes)/.test(text))
    await this.log.until(started, 'the start of the flows', 60_000)
  }

  private settings(): Record<string, unknown> {
    const { adminAuth = false, httpAdminRoot, allCoreNodes = false, settings = {} } = this.options
    const user = ({ username, password }: typeof ADMIN, permissions: string) => ({
      username,
      password: hashSync(password, 4),
      permissions
    })
    return {
      uiHost: '127.0.0.1',
      uiPort: this.port,
      flowFile: 'flows.json',
      coreNodesDir: join(dirname(this.userDir), CORE_NODES),
      ...(allCoreNodes ? {} : { nodesExcludes: UNUSED_CORE_NODES }),
      telemetry: { enabled: false },
      editorTheme: { tours: false },
      externalModules: { palette: { allowInstall: false } },
      logging: { console: { level: 'debug', metrics: false, audit: false } },
      ...(httpAdminRoot === undefined ? {} : { httpAdminRoot }),
      ...(adminAuth
        ? { adminAuth: { type: 'credentials', users: [user(ADMIN, '*'), user(READER, 'read')] } }
        : {}),
      ...settings
    }
  }
}

/** Of the Node-RED that is tested. */
function nodeRedDir(): string {
  return process.env.NODE_RED_DIR ?? dirname(require.resolve('node-red/package.json'))
}

/** A `node_modules` with all that is in another one, and some of ours. */
function linkModules(installed: string, folder: string, modules: readonly string[]): void {
  mkdirSync(folder)
  for (const name of readdirSync(installed)) symlinkSync(join(installed, name), join(folder, name))
  for (const name of modules) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(folder, name))
  }
}
