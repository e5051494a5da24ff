import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { catalogue, LANGUAGES, packedText, PLUGINS, repository } from './packed'

const PREFIX = 'withings-sidebar.'
const blanks = (text = ''): string[] => (text.match(/__\w+__/g) ?? []).sort()

describe('the sidebar as it is packed', function () {
  this.timeout(120_000)
  const html = (): string => packedText('dist/plugins/withings-sidebar.html')
  const source = (): string =>
    readdirSync(join(repository, 'plugins'))
      .filter(name => name.endsWith('.editor.ts'))
      .map(name => readFileSync(join(repository, 'plugins', name), 'utf8'))
      .join('\n')

  it('is the one plugin', () => {
    PLUGINS.should.deepEqual(['withings-sidebar'])
  })

  it('registers itself and needs nothing of the page while it loads', () => {
    const registered: string[] = []
    const script = /<script type="text\/javascript">([\s\S]*)<\/script>/.exec(html())?.[1] ?? ''
    const registerPlugin = (id: string): void => void registered.push(id)
    runInNewContext(script, { RED: { plugins: { registerPlugin } } })
    registered.should.deepEqual(PLUGINS)
  })

  it('writes nothing to the console, has no absolute address and takes its colours from the theme', () => {
    html().should.not.match(/\b(console\.|debugger\b|sourceMappingURL|innerHTML|insertAdjacentHTML)/)
    html().should.not.match(/:\s*(#[0-9a-f]{3,8}\b|rgba?\(|hsla?\()/i)
    const addresses = [...html().matchAll(/(["'`])(https?:\/\/|\/|\.{1,2}\/)[^"'`]*\1/g)].map(
      match => match[0]
    )
    // The name of a format is no address.
    addresses.filter(text => !text.includes('http://www.w3.org/2000/svg')).should.deepEqual([])
  })

  for (const language of LANGUAGES)
    it(`has every text in ${language}, with the same blanks as in English`, () => {
      const english = catalogue('withings-sidebar', 'en-US', 'plugins')
      const texts = catalogue('withings-sidebar', language, 'plugins')
      ;[...texts.keys()].sort().should.deepEqual([...english.keys()].sort())
      for (const [key, text] of texts) {
        text.trim().should.not.be.empty()
        blanks(text).should.deepEqual(blanks(english.get(key)), key)
      }
    })

  it('has a text for all that it asks for, and asks for all that it has', () => {
    const all = catalogue('withings-sidebar', 'en-US', 'plugins')
    const keys = [...all.keys()].filter(key => key.startsWith(PREFIX)).map(key => key.slice(PREFIX.length))
    const code = source()
    const literal = [...code.matchAll(/(?<![\w$])t\(\s*'([\w.-]+)'/g)].map(match => match[1] ?? '')
    literal.length.should.be.above(20)
    literal.filter(key => !keys.includes(key) && !all.has(`withings.${key}`)).should.deepEqual([])
    const actions = ['connect', 'import', 'forget', 'pause', 'resume', 'cancel'].flatMap(action => [
      action,
      `${action}Device`
    ])
    const rules = ['none', 'differ', 'metric', 'imperial', 'include', 'exclude'].map(key => `rules.${key}`)
    const questions = ['forgetQuestion', 'forgetQuestionOwn', 'moveQuestion', 'moveQuestionDiscovery']
    const computed = [...actions, ...rules, ...questions, 'accounts', 'discovery', 'devices']
    const isUsed = (key: string): boolean =>
      literal.includes(key) || computed.includes(key) || /^(account\.|import_)/.test(key)
    keys.filter(key => !isUsed(key)).should.deepEqual([])
  })
})
