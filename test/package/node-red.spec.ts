import { TestBroker } from '../support/broker'
import { type FlowNode, NodeRed } from '../support/node-red'
import {
  definitionOf,
  example,
  type ExampleNode,
  EXAMPLES,
  formOf,
  LANGUAGES,
  manifest,
  PACKAGE,
  packedJson,
  packedText,
  TYPES
} from './packed'

interface NodeSet {
  id: string
  module: string
  version: string
  types: string[]
  enabled: boolean
  err?: unknown
}

const CORE = [
  'tab',
  'inject',
  'debug',
  'comment',
  'function',
  'catch',
  'link in',
  'link out',
  'join',
  'switch',
  'change',
  'rbe'
]
/** What an example may use beside ours and Node-RED's own. */
const DASHBOARD = '@flowfuse/node-red-dashboard'
const WIDGETS = /^ui-(base|theme|page|group|chart|gauge)$/
const GRID = 20

describe('the package in a real Node-RED', function () {
  this.timeout(180_000)
  let nodeRed: NodeRed
  let sets: NodeSet[]
  before(async () => {
    nodeRed = await (await NodeRed.prepare({ allCoreNodes: true })).start()
    const answer = await nodeRed.admin('nodes', { headers: { Accept: 'application/json' } })
    sets = ((await answer.json()) as NodeSet[]).filter(({ module }) => module === PACKAGE)
  })
  after(() => nodeRed?.dispose())

  it('is listed with all its types, enabled, without an error', () => {
    sets.map(({ types }) => types).should.deepEqual(TYPES.map(type => [type]))
    for (const set of sets) {
      set.enabled.should.be.true()
      set.version.should.equal(manifest().version)
      set.should.not.have.property('err')
    }
  })

  it('gives the editor its forms', async () => {
    for (const type of TYPES) {
      const answer = await nodeRed.admin(`nodes/${PACKAGE}/${type}`, { headers: { Accept: 'text/html' } })
      answer.status.should.equal(200)
      ;(await answer.text()).should.containEql(formOf(type).template.trim())
    }
  })

  it('gives the editor its icons', async () => {
    for (const { category, icon } of TYPES.map(definitionOf)) {
      if (category === 'config') continue
      const answer = await nodeRed.admin(`icons/${PACKAGE}/${icon}`)
      answer.status.should.equal(200)
      answer.headers.get('content-type')?.should.startWith('image/svg+xml')
      ;(await answer.text()).should.equal(packedText(`dist/nodes/icons/${icon}`))
    }
  })

  for (const language of LANGUAGES)
    it(`gives the editor texts and help in ${language}`, async () => {
      for (const type of TYPES) {
        const answer = await nodeRed.admin(`nodes/${PACKAGE}/${type}/messages?lng=${language}`)
        answer.status.should.equal(200)
        const texts: unknown = await answer.json()
        ;(texts as object).should.deepEqual(packedJson(`dist/nodes/locales/${language}/${type}.json`))
        const headers = { Accept: 'text/html', 'Accept-Language': language }
        const html = await (await nodeRed.admin(`nodes/${PACKAGE}/${type}`, { headers })).text()
        html.should.containEql(packedText(`dist/nodes/locales/${language}/${type}.html`).trim())
      }
    })

  it('offers its examples in the import menu', async () => {
    const answer = await nodeRed.admin(`library/examples/flows/${PACKAGE}/`)
    const names = EXAMPLES.map(name => ({ fn: name.replace(/\.json$/, '') }))
    ;((await answer.json()) as object).should.deepEqual(names)
    for (const name of EXAMPLES) {
      const path = encodeURI(`library/examples/flows/${PACKAGE}/${name.replace(/\.json$/, '')}`)
      ;((await (await nodeRed.admin(path)).json()) as object).should.deepEqual(example(name))
    }
  })

  it('gives the editor its sidebar, and the sidebar its answers, without a node in a flow', async () => {
    const html = await nodeRed.admin('plugins', { headers: { Accept: 'text/html' } })
    ;(await html.text()).should.containEql(packedText('dist/plugins/withings-sidebar.html').trim())
    const nothing = {
      accounts: [],
      targets: [],
      target: null,
      devices: [],
      moves: [],
      imports: [],
      rules: []
    }
    const overview = await nodeRed.admin('withings/overview')
    ;((await overview.json()) as object).should.deepEqual(nothing)
    const imports = await nodeRed.admin('withings/imports')
    ;((await imports.json()) as object).should.deepEqual([])
  })

  it('came up without a warning', () => {
    complaints(nodeRed).should.deepEqual([])
  })
})

describe('the examples', function () {
  this.timeout(180_000)
  let broker: TestBroker
  let nodeRed: NodeRed
  before(async () => {
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare({ modules: [DASHBOARD] })).start()
  })
  after(async () => {
    await nodeRed?.dispose()
    await broker?.stop()
  })

  it('show every node that can be placed, and have ids of their own', () => {
    const nodes = EXAMPLES.flatMap(example)
    const shown = new Set(nodes.map(({ type }) => type))
    TYPES.filter(type => !shown.has(type)).should.deepEqual([])
    const ids = nodes.map(({ id }) => id)
    ids.should.deepEqual([...new Set(ids)])
  })

  for (const name of EXAMPLES)
    describe(name, () => {
      const placed = (): ExampleNode[] => example(name).filter(({ z }) => z !== undefined)
      const drawn = example(name).some(({ type }) => WIDGETS.test(type))

      it('uses only our nodes, those of Node-RED and the dashboard, and explains itself', () => {
        const nodes = example(name)
        const isKnown = (type: string): boolean => TYPES.includes(type) || CORE.includes(type)
        const foreign = nodes.map(({ type }) => type).filter(type => !isKnown(type) && !WIDGETS.test(type))
        foreign.should.deepEqual([])
        nodes.filter(({ type }) => type === 'tab').length.should.equal(1)
        const [comment] = nodes.filter(({ type }) => type === 'comment')
        String(comment?.info).should.match(/^1\. [^]+\n2\. [^]+\n3\. [^]+En français/)
        String(comment?.info).includes(DASHBOARD).should.equal(drawn)
        placed().length.should.be.belowOrEqual(13)
      })

      it('places its nodes on the grid, apart from each other', () => {
        const tab = example(name).find(({ type }) => type === 'tab')
        const spots = placed().map(({ z, x, y }) => {
          String(z).should.equal(tab?.id)
          Number(y).should.be.aboveOrEqual(40)
          ;(Number(y) % GRID).should.equal(0)
          return [Number(x), Number(y)] as const
        })
        for (const [index, [x, y]] of spots.entries())
          for (const [otherX, otherY] of spots.slice(index + 1))
            (Math.abs(x - otherX) >= 150 || Math.abs(y - otherY) >= 40).should.be.true()
      })

      it('wires only what is there', () => {
        const nodes = placed()
        const ids = nodes.map(({ id }) => id)
        for (const { type, wires } of nodes) {
          const ports = wires as string[][]
          if (type === 'gladys-device-state') ports.length.should.equal(2)
          ports
            .flat()
            .filter(id => !ids.includes(id))
            .should.deepEqual([])
        }
      })

      it('fills in every property, refers to its own config nodes and holds no secret', () => {
        const nodes = example(name)
        for (const node of nodes.filter(({ type }) => TYPES.includes(type))) {
          node.should.not.have.property('credentials')
          const { defaults } = definitionOf(node.type)
          const own = Object.keys(node).filter(key => !['id', 'type', 'z', 'x', 'y', 'wires'].includes(key))
          own.sort().should.deepEqual(Object.keys(defaults).sort(), node.type)
          for (const [key, { type, required, validate }] of Object.entries(defaults)) {
            if (validate)
              validate.call({ ...node, _: (text: string) => text }, node[key], {}).should.equal(true, key)
            if (type === undefined || (required !== true && node[key] === '')) continue
            nodes.find(({ id }) => id === node[key])?.type.should.equal(type)
            nodes.some(({ id }) => id === node[key]).should.be.true()
          }
        }
      })

      it('deploys and runs without a complaint, and says that a login is needed', async () => {
        const flow = example(name).map((node): FlowNode => {
          if (node.type === 'gladys-server') return { ...node, mqttUrl: broker.url }
          // What the sidebar would show, for us to read.
          return node.type === 'debug' ? { ...node, console: true } : node
        })
        const typedIn = {
          'withings-account': { clientId: 'a'.repeat(64), clientSecret: 'b'.repeat(64) },
          'gladys-server': { email: 'ada@example.com', password: 'secret' }
        }
        const credentials = Object.entries(typedIn).flatMap(([wanted, values]) =>
          flow.filter(({ type }) => type === wanted).map(({ id }) => [id, values] as const)
        )
        const before = nodeRed.log.items.length
        await nodeRed.deploy(flow, Object.fromEntries(credentials))
        const types = ((await (await nodeRed.admin('flows')).json()) as FlowNode[]).map(({ type }) => type)
        types.sort().should.deepEqual(flow.map(({ type }) => type).sort())
        const from = nodeRed.log.items.length
        for (const { id } of flow.filter(({ type }) => type === 'inject')) await nodeRed.inject(id)
        const asked = flow.filter(({ type }) => /^withings-(measures|devices|heart)$/.test(type)).length
        await nodeRed.log.until(
          lines => lines.slice(from).filter(line => line.includes('wants a new login')).length >= asked,
          'the wish for a login'
        )
        complaints(nodeRed, before).should.deepEqual([])
      })
    })
})

/** What Node-RED itself says of any fresh userDir. */
const USUAL = /\[warn\] (Projects disabled.*|Encrypted credentials not found|)$/

function complaints(nodeRed: NodeRed, from = 0): string[] {
  return nodeRed.log.items
    .slice(from)
    .filter(line => /\[(warn|error|fatal)\]|missing|unknown|deprecat/i.test(line) && !USUAL.test(line))
}
