import type { NodeAPI } from 'node-red'
import { join, resolve } from 'node:path'
import { CodedError, inEnglish } from '../../../lib/base/errors'
import { translateBy, translateFailure, translateText } from '../../../lib/base/translate'
import { languageFor, textsIn, translateError } from '../../../lib/red/i18n/texts'

const { util } = require('@node-red/util') as { util: { encodeObject(msg: object): { msg: string } } }

const RED = { _: (key: string) => key } as unknown as NodeAPI
const locales = resolve(__dirname, 'no-locales')
const shown = (key: string, params: object): string => `${key} ${JSON.stringify(params)}`

function catalogueIn(language: string): { advice: Record<string, string> } {
  const file = join(__dirname, '../../../locales', language, 'errors.json')
  return (require(file) as { withings: { advice: Record<string, string> } }).withings
}

describe('the texts of errors', () => {
  it('are those of their key, with its parameters, and what others say as it is', () => {
    translateText({ key: 'noUser' }, shown).should.equal('detail.noUser {}')
    translateText('ECONNREFUSED', shown).should.equal('ECONNREFUSED')
  })

  it('are translated inside another one too', () => {
    const inFrench = translateBy(catalogueIn('fr'))
    const problem = { key: 'gladysAway', params: { reason: { key: 'noAnswerInTime' } } } as const
    translateText({ key: 'heldBack', params: { problem, count: 3 } }, inFrench).should.match(
      /^elle est injoignable \(pas de réponse à temps\) ; .*: 3$/
    )
  })

  it('keep dollar signs and blanks that a parameter has', () => {
    translateText({ key: 'verbatim', params: { text: '$& __text__ $1' } }, inEnglish).should.equal(
      '$& __text__ $1'
    )
  })
})

describe('the sentence of an error', () => {
  it('is that of its code, with the text of its key in it, in English as its message', () => {
    const error = new CodedError('WITHINGS_UNAVAILABLE', 'notJson', { http: 502 })
    error.message.should.match(/^Withings cannot be reached.* \(not JSON, HTTP 502\)$/)
    error.details.should.eql({ http: 502, detail: 'not JSON, HTTP 502' })
    new CodedError('OUTBOX_FULL', null, { count: 3 }).message.should.match(/^Too many states .*back\.$/)
  })

  it('says to open the node only where that helps', () => {
    const sentence = (...made: ConstructorParameters<typeof CodedError>): string =>
      translateFailure(new CodedError(...made), key => key)
    sentence('NOT_CONFIGURED', 'noUser').should.equal('error.NOT_CONFIGURED')
    sentence('NOT_CONFIGURED', 'notSaved', { reason: 'full' }).should.equal('advice.disk')
    sentence('NOT_CONFIGURED', 'noCalls').should.equal('advice.settings')
    sentence('NOT_CONFIGURED', 'clientId').should.equal('advice.clientId')
    for (const language of ['en-US', 'fr', 'de'])
      for (const advice of Object.values(catalogueIn(language).advice))
        advice.should.not.match(/Open the node|Ouvrez le nœud|Öffnen Sie den Node/)
  })

  it('says what a foreign error says, which the diagnostics leave out', () => {
    const explained = translateError(RED, new Error('quotes a secret'), 'BAD_INPUT')
    explained.message.should.equal('The input cannot be used: quotes a secret')
    new CodedError('BAD_INPUT', 'foreign', { text: 'quotes a secret' }).details.should.eql({})
  })
})

describe('an error as Node-RED gets it', () => {
  const explained = translateError(RED, new CodedError('BROKER_UNREACHABLE', 'brokerClosed'), 'BAD_ANSWER')

  it('shows its sentence and its code in the debug sidebar', () => {
    explained.should.be.an.Error()
    explained.message.should.match(/^The MQTT broker cannot be reached: the connection was closed\. /)
    const { msg } = util.encodeObject({ msg: explained })
    msg.should.containEql(JSON.stringify(explained.message)).and.containEql('"cause":"BROKER_UNREACHABLE"')
  })

  it('gives Catch its code, its cause and where it comes from', () => {
    // Of 3.1 the last two only.
    const copied = Object.fromEntries(
      Object.entries(explained).filter(([key]) => /code|cause|stack/.test(key))
    )
    copied.should.match({
      code: 'BROKER_UNREACHABLE',
      cause: { code: 'BROKER_UNREACHABLE' },
      stack: /spec\.ts/
    })
    String(explained).should.equal(explained.message)
  })
})

describe('the texts in the language of who asks', () => {
  it('fall back to nothing, and to English, where there are none', () => {
    languageFor(locales, 'fr').should.equal('en-US')
    ;(textsIn(locales, 'xx')('error.BAD_INPUT', {}) === undefined).should.be.true()
  })
})
