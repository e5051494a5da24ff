import { ERROR_CODES } from '../../lib/base/errors'
import { READING_TYPES } from '../../lib/withings/diagnostics/reading-types'
import { MEASURE_TYPES } from '../../lib/withings/measures/types'
import { bodyPosition } from '../../lib/withings/readings/body-positions'
import { usedKeys } from './catalogue-keys'
import { catalogue, LANGUAGES, packedText, TYPES } from './packed'

const OUTCOMES = [
  ...['title', 'linked', 'denied', 'stateUnknown', 'otherUser', 'otherAccount', 'refused'],
  ...['wrongSecret', 'wrongClient', 'codeOld', 'wrongCallback', 'unavailable', 'notSaved']
]
const BODY_POSITIONS = Array.from({ length: 32 }, (_, number) => bodyPosition(number))

/** The keys below `path`, without it. */
function below(keys: Iterable<string>, path: string): string[] {
  return [...keys].filter(key => key.startsWith(`${path}.`)).map(key => key.slice(path.length + 1))
}

/** A form's script calls its own texts with or without the type in front. */
function meets(keys: ReadonlyMap<string, string>, type: string, key: string): string | undefined {
  return [key, `${type}.${key}`].find(candidate => keys.has(candidate))
}

describe('the texts', function () {
  this.timeout(120_000)

  for (const type of TYPES)
    describe(type, () => {
      for (const language of LANGUAGES) {
        it(`has a text for every key in ${language}`, () => {
          const texts = catalogue(type, language)
          texts.size.should.be.above(0)
          const empty = [...texts].filter(([, text]) => text.trim() === '').map(([key]) => key)
          empty.should.deepEqual([])
        })

        it(`has a help in ${language} that opens with a paragraph`, () => {
          const help = packedText(`dist/nodes/locales/${language}/${type}.html`).trim()
          help
            .match(/<script[^>]*>/g)
            ?.should.deepEqual([`<script type="text/html" data-help-name="${type}">`])
          help.should.match(/^<script[^>]*>\s*<p>[^<]{20,}/)
          help.should.endWith('</script>')
        })
      }

      for (const language of LANGUAGES.slice(1)) {
        it(`says in ${language} all that it says in English, with the same blanks`, () => {
          const blanks = (texts: Map<string, string>): string[] =>
            [...texts].map(([key, text]) => [key, ...(text.match(/__\w+__/g) ?? []).sort()].join(' ')).sort()
          blanks(catalogue(type, language)).should.deepEqual(blanks(catalogue(type, 'en-US')))
        })

        it(`helps in ${language} with the same parts and the same names`, () => {
          const parts = (of: string): string[] =>
            packedText(`dist/nodes/locales/${of}/${type}.html`).match(/<h3>|<dt[ >]|<dd>|<code>[\w.]+</g) ??
            []
          parts(language).sort().should.deepEqual(parts('en-US').sort())
        })
      }

      it('has a text for all that its form and its runtime ask for', () => {
        const texts = catalogue(type, 'en-US')
        const { literal, computed } = usedKeys(type)
        literal.length.should.be.above(0)
        literal.filter(key => meets(texts, type, key) === undefined).should.deepEqual([])
        computed
          .filter(pattern => ![...texts.keys()].some(key => matches(pattern, type, key)))
          .map(String)
          .should.deepEqual([])
      })
    })

  it('are all in use', () => {
    const used = new Set(OUTCOMES.map(outcome => `withings.callback.${outcome}`))
    const all = new Set<string>()
    for (const type of TYPES) {
      const texts = catalogue(type, 'en-US')
      const { literal, computed } = usedKeys(type)
      for (const key of literal) used.add(meets(texts, type, key) ?? key)
      for (const key of texts.keys()) {
        // The texts of errors: test/unit/whole/error-keys.spec.ts.
        if (!/^withings\.(error|advice|detail)\./.test(key)) all.add(key)
        if (computed.some(pattern => matches(pattern, type, key))) used.add(key)
      }
    }
    ;[...all].filter(key => !used.has(key)).should.deepEqual([])
  })

  it('name every error code, and no other', () => {
    for (const type of TYPES)
      below(catalogue(type, 'en-US').keys(), 'withings.error')
        .sort()
        .should.deepEqual([...ERROR_CODES].sort())
  })

  it('are in the sidebar too where errors are', () => {
    for (const language of LANGUAGES) {
      const texts = catalogue('withings-account', language)
      const ofSidebar = catalogue('withings-sidebar', language, 'plugins')
      const keys = [...texts.keys()].filter(key => /^withings\.(error|advice|detail)\./.test(key))
      keys.length.should.be.above(100)
      for (const key of keys) (ofSidebar.get(key) ?? '').should.equal(texts.get(key))
    }
  })

  it('name every measure and every theme where they are chosen', () => {
    const keys = [...catalogue('withings-measures', 'en-US').keys()]
    below(keys, 'withings.measure').should.containDeep(MEASURE_TYPES.map(({ name }) => name))
    const themes = [...new Set(MEASURE_TYPES.map(({ theme }) => theme)), 'other']
    below(keys, 'withings.theme').sort().should.deepEqual(themes.sort())
  })

  it('name every type of reading and every part of the body where devices are announced, and no other', () => {
    const keys = [...catalogue('gladys-device-state', 'en-US').keys()]
    const types = [...READING_TYPES.map(({ type }) => type), 'battery']
    below(keys, 'withings.measure').sort().should.deepEqual(types.sort())
    const positions = BODY_POSITIONS.filter(position => position !== undefined)
    below(keys, 'withings.position').sort().should.deepEqual(positions.sort())
  })

  it('name every outcome of a login', () => {
    below(catalogue('withings-account', 'en-US').keys(), 'withings.callback')
      .sort()
      .should.deepEqual([...OUTCOMES].sort())
  })
})

function matches(pattern: RegExp, type: string, key: string): boolean {
  return pattern.test(key) || (key.startsWith(`${type}.`) && pattern.test(key.slice(type.length + 1)))
}
