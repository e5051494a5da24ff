import { runInNewContext, Script } from 'node:vm'
import { definitionOf, formOf, packedPaths, packedText, TYPES } from './packed'

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(match => match[0])

describe('the forms', function () {
  this.timeout(120_000)

  for (const type of TYPES)
    describe(type, () => {
      const form = (): ReturnType<typeof formOf> => formOf(type)

      it('is one script and one template', () => {
        const { html, script, template } = form()
        matches(html, /<script[^>]*>/g).should.deepEqual([
          '<script type="text/javascript">',
          `<script type="text/html" data-template-name="${type}">`
        ])
        template.trim().should.not.be.empty()
        ;(() => new Script(script)).should.not.throw()
      })

      it('registers its type as a literal with an object in place, for the scorecard to read', () => {
        const { script } = form()
        matches(script, /registerType\(/g).length.should.equal(1)
        const call = script.search(new RegExp(`RED\\.nodes\\.registerType\\("${type}",\\s*\\{`))
        call.should.be.aboveOrEqual(0)
        script.slice(call).should.not.match(/[{,]\s*\.\.\./)
        script.should.not.match(/^\s*(import|export)\b/m)
      })

      it('asks Node-RED by bare relative addresses only, or the login of the editor is missing', () => {
        const { script, template } = form()
        const strings = matches(script, /(["'`])(?:\\.|(?!\1)[^\\\n])*\1/g)
        strings.length.should.be.above(0)
        strings.filter(text => /^.(https?:\/\/|\/|\.{1,2}\/)/.test(text)).should.deepEqual([])
        matches(template, /\s(src|href|action)\s*=/g).should.deepEqual([])
      })

      it('writes nothing to the console and takes its colours from the theme', () => {
        const { script, template } = form()
        script.should.not.match(/\b(console\.|debugger\b|sourceMappingURL)/)
        template.should.not.match(/:\s*(#[0-9a-f]{3,8}\b|rgba?\(|hsla?\()/i)
      })

      it('has a field for each label, and no id twice', () => {
        const { template } = form()
        const ids = [...template.matchAll(/\sid="([^"]+)"/g)].map(match => match[1])
        const labelled = [...template.matchAll(/<label[^>]*\sfor="([^"]+)"/g)].map(match => match[1])
        labelled.length.should.be.above(0)
        labelled.filter(id => !ids.includes(id)).should.deepEqual([])
        ids.should.deepEqual([...new Set(ids)])
      })

      it('offers every property and every credential', () => {
        const { template, script } = form()
        const { category, defaults, credentials = {} } = definitionOf(type)
        const prefix = category === 'config' ? 'node-config-input' : 'node-input'
        const { version, ...properties } = defaults
        ;(version?.value as number).should.equal(1)
        const names = [...Object.keys(properties), ...Object.keys(credentials)]
        // A list has no field of its own: the script collects it.
        const offered = (name: string): boolean =>
          template.includes(`id="${prefix}-${name}"`) || new RegExp(`this\\.${name}\\s*=[^=]`).test(script)
        names.filter(name => !offered(name)).should.deepEqual([])
      })

      it('hides what is secret', () => {
        const { template } = form()
        for (const [name, { type: kind }] of Object.entries(definitionOf(type).credentials ?? {})) {
          const secret = /secret|password/i.test(name)
          kind.should.equal(secret ? 'password' : 'text', name)
          const input = new RegExp(`<input type="${kind}" id="node-config-input-${name}"`)
          template.should.match(input)
        }
      })

      it('accepts its own defaults', () => {
        const { defaults } = definitionOf(type)
        const node = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]))
        const self = { ...node, _: (key: string) => key }
        for (const [name, { value, validate }] of Object.entries(defaults))
          if (validate) validate.call(self, value, {}).should.equal(true, name)
      })
    })
})

describe('what is typed in', function () {
  this.timeout(120_000)
  const verdict = (type: string, property: string, value: unknown): unknown =>
    definitionOf(type).defaults[property]?.validate?.call({ _: (key: string) => key }, value, {})

  for (const [type, property, good, bad, complaint] of [
    [
      'gladys-server',
      'rate',
      [100, '0.5', '${RATE}', '$(RATE)'],
      [0, '-1', '', 'Infinity', '1${RATE}'],
      'rate'
    ],
    ['withings-sleep', 'napHours', [0, '24', 2.5], [25, '-1', 'noon'], 'hours'],
    ['withings-measures', 'schedule', [0, 1, '15', '${EVERY}'], [0.5, -5, '', '1e999'], 'schedule'],
    ['withings-measures', 'days', [0, 0.5, '30'], [-1, '', 'Infinity'], 'number'],
    [
      'gladys-server',
      'mqttUrl',
      ['mqtt://host', '${URL}', '$(URL)'],
      ['host', 'mqtt://${HOST}', 'mqtt://${HOST}:1883'],
      'brokerUrl'
    ],
    [
      'withings-notification',
      'publicUrl',
      ['', '${URL}', '$(URL)', 'https://home.example.org'],
      ['https://${HOST}', 'https://localhost'],
      'publicUrl'
    ]
  ] as const)
    it(`is checked: ${property} of ${type}`, () => {
      for (const value of good) verdict(type, property, value)?.should.equal(true, `${value}`)
      for (const value of bad)
        verdict(type, property, value)?.should.equal(`withings.invalid.${complaint}`, `${value}`)
    })
})

describe('the icons', function () {
  this.timeout(120_000)
  let icons: string[]
  before(() => {
    icons = packedPaths().filter(path => path.startsWith('dist/nodes/icons/'))
  })

  it('are there for every node that is seen, and none is left over', () => {
    const named = TYPES.map(type => definitionOf(type)).flatMap(({ category, icon }) =>
      category === 'config' ? [] : [`dist/nodes/icons/${icon}`]
    )
    named.sort().should.deepEqual(icons)
  })

  it('are white drawings of 40 by 60', () => {
    icons.length.should.be.above(0)
    for (const path of icons) {
      const svg = packedText(path)
      svg.should.match(/^<svg [^>]*\bwidth="40" height="60" viewBox="0 0 40 60"/)
      const colours = [...svg.matchAll(/\b(?:fill|stroke)="([^"]+)"/g)].map(match => match[1] ?? '')
      colours.should.containEql('#fff')
      colours.filter(colour => !/^(none|#fff|#ffffff|white)$/i.test(colour)).should.deepEqual([], path)
      svg.should.not.match(/<(script|style|image|text|foreignObject)\b|\bstyle=|\bon\w+=|href=/i)
    }
  })
})

describe('the palette', function () {
  this.timeout(120_000)

  it('shows the nodes in two groups', () => {
    const groups = Object.fromEntries(TYPES.map(type => [type, definitionOf(type).category]))
    groups.should.deepEqual({
      'withings-account': 'config',
      'withings-measures': 'withings',
      'withings-activity': 'withings',
      'withings-sleep': 'withings',
      'withings-devices': 'withings',
      'withings-heart': 'withings',
      'withings-notification': 'withings',
      'gladys-server': 'config',
      'gladys-device-state': 'gladys'
    })
  })

  it('needs nothing of the page while it loads', () => {
    for (const type of TYPES)
      (() => {
        runInNewContext(formOf(type).script, { RED: { nodes: { registerType: () => undefined } } })
      }).should.not.throw()
  })
})
