import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type CallbackOutcome, callbackPage } from '../../../../lib/red/admin/callback-page'

const locales = resolve(__dirname, '../../../../locales')
const outcomes: CallbackOutcome[] = [
  ...(['linked', 'denied', 'stateUnknown', 'otherUser', 'refused', 'otherAccount'] as const),
  ...(['wrongSecret', 'wrongClient', 'codeOld', 'wrongCallback', 'unavailable', 'notSaved'] as const)
]
const languageOf = (page: string) => /<html lang="([^"]*)">/.exec(page)?.[1] ?? ''
const sentenceOf = (page: string) => /<p>(.*)<\/p>/s.exec(page)?.[1] ?? ''

describe('the page after the login', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'withings-locales-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  function catalogue(language: string, callback: unknown, detail = {}): void {
    mkdirSync(join(dir, language))
    const texts = JSON.stringify({ withings: { callback, detail } })
    writeFileSync(join(dir, language, 'withings-account.json'), texts)
  }

  for (const language of ['en-US', 'fr', 'de'])
    it(`has a sentence for each outcome in ${language}`, () => {
      const sentences = outcomes.map(outcome =>
        sentenceOf(callbackPage(locales, language, { outcome, detail: 'status 503', owner: 'Ada' }))
      )
      new Set(sentences).size.should.equal(outcomes.length)
      sentences.forEach((sentence, index) => sentence.should.not.equal(outcomes[index]))
      sentences[4]!.should.match(/status 503/)
      sentences[5]!.should.match(/[“„«]\s?Ada\s?[”“»]/)
      sentences.join().should.not.match(/__/)
    })

  it('calls an account node without a name as the editor does', () => {
    const pageIn = (language: string) =>
      sentenceOf(callbackPage(locales, language, { outcome: 'otherAccount', owner: '' }))
    pageIn('en').should.match(/“Withings account”/)
    pageIn('fr').should.match(/«.Compte Withings.»/)
    pageIn('de').should.match(/„Withings-Konto“/)
  })

  it('says in the language of the page what went wrong', () => {
    catalogue('fr', { refused: 'Refusé : __detail__.' }, { status: 'statut __status__' })
    const detail = { key: 'status', params: { status: 503 } } as const
    sentenceOf(callbackPage(dir, 'fr', { outcome: 'refused', detail })).should.equal('Refusé : statut 503.')
  })

  const languages: [string | undefined, string][] = [
    [undefined, 'en-US'],
    ['', 'en-US'],
    ['fr', 'fr'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['en-GB,fr;q=0.5', 'en-US'],
    ['nl,it;q=0.9,fr;q=0.8', 'fr'],
    ['nl', 'en-US'],
    ['*', 'en-US'],
    ['../../../etc', 'en-US'],
    ['"><script>', 'en-US']
  ]
  for (const [wanted, language] of languages)
    it(`is in ${language} for ${JSON.stringify(wanted)}`, () => {
      languageOf(callbackPage(locales, wanted, { outcome: 'linked' })).should.equal(language)
    })

  it('shows what Withings or an attacker says as text', () => {
    const page = callbackPage(locales, 'en', {
      outcome: 'refused',
      detail: `<script>alert("1")</script> & 'x'`
    })
    page.should.not.match(/<script/)
    sentenceOf(page).should.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt; &amp; &#39;x&#39;/)
  })

  it('shows dollar signs of what Withings says as they are', () => {
    const page = callbackPage(locales, 'en', { outcome: 'refused', detail: "$& $' $` $$" })
    sentenceOf(page).should.match(/: \$&amp; \$&#39; \$` \$\$\./)
  })

  it('escapes the texts of the catalogue too', () => {
    catalogue('en-US', { title: '<b>', linked: 'a < b' })
    const page = callbackPage(dir, 'en', { outcome: 'linked' })
    page.should.match(/<title>&lt;b&gt;<\/title>/)
    sentenceOf(page).should.equal('a &lt; b')
  })

  it('falls back on the name of the outcome where texts are missing', () => {
    for (const localesDir of [dir, join(dir, 'missing')]) {
      sentenceOf(callbackPage(localesDir, 'fr', { outcome: 'linked' })).should.equal('linked')
    }
    catalogue('fr', ['no texts'])
    sentenceOf(callbackPage(dir, 'fr', { outcome: 'denied' })).should.equal('denied')
    writeFileSync(join(dir, 'fr', 'withings-account.json'), '{ broken')
    sentenceOf(callbackPage(dir, 'fr', { outcome: 'denied' })).should.equal('denied')
  })
})
