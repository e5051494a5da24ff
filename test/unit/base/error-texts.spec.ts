import type { NodeAPI } from 'node-red'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DETAILS, translateDetail } from '../../../lib/base/details'
import { ADVICE, CodedError } from '../../../lib/base/errors'
import { languageFor, textsIn, translateError } from '../../../lib/red/i18n/texts'

const locales = resolve(__dirname, 'no-locales')

describe('the details of errors', () => {
  const say = (key: string, params: object) => `${key} ${JSON.stringify(params)}`

  it('are found by what stands around their blanks, and the blanks are handed on', () => {
    translateDetail('no Withings user is linked', say).should.equal('detail.noUser {}')
    translateDetail('HTTP 502', say).should.equal('HTTP 502')
    translateDetail('not JSON, HTTP 502', say).should.equal('detail.notJson {"status":"502"}')
    translateDetail('it cannot be reached (ECONNREFUSED); check the address of Gladys', say).should.equal(
      'detail.gladysAway {"reason":"ECONNREFUSED"}'
    )
  })

  it('are translated inside another one too', () => {
    const inFrench = (key: string, params: Readonly<Record<string, string | number>>) =>
      key === 'detail.gladysBusy' ? 'trop de requêtes' : JSON.stringify(params)
    translateDetail(
      `${DETAILS.gladysBusy}. Values kept until Gladys has their features: 3`,
      inFrench
    ).should.equal('{"problem":"trop de requêtes","count":"3"}')
  })

  it('stay in English where nobody has a translation', () => {
    translateDetail('msg.payload.value must be a number, not null', say).should.equal(
      'msg.payload.value must be a number, not null'
    )
    translateDetail(DETAILS.noUser, () => undefined).should.equal(DETAILS.noUser)
  })
})

describe('the sentence of an error', () => {
  const sentence = (details: { detail: string; advice?: string }) =>
    translateError(
      {} as NodeAPI,
      new CodedError('NOT_CONFIGURED', 'English', details),
      'BAD_ANSWER',
      key => key
    )

  const sentenceIn = (language: string, key: (typeof ADVICE)[number]): string => {
    const file = join(__dirname, '../../../locales', language, 'shared.json')
    const catalogue = JSON.parse(readFileSync(file, 'utf8')) as {
      withings: { advice: Record<string, string> }
    }
    return catalogue.withings.advice[key]!
  }

  it('says to open the node only where that helps', () => {
    sentence({ detail: 'x' }).message.should.equal('error.NOT_CONFIGURED')
    sentence({ detail: 'x', advice: 'disk' }).message.should.equal('advice.disk')
    sentence({ detail: 'x', advice: 'settings' }).message.should.equal('advice.settings')
    for (const language of ['en-US', 'fr', 'de'])
      for (const advice of ADVICE)
        sentenceIn(language, advice).should.not.match(/Open the node|Ouvrez le nœud|Öffnen Sie den Node/)
  })
})

describe('the texts in the language of who asks', () => {
  it('fall back to nothing, and to English, where there are none', () => {
    languageFor(locales, 'fr').should.equal('en-US')
    ;(textsIn(locales, 'xx')('error.BAD_INPUT', {}) === undefined).should.be.true()
  })
})
