import should from 'should'
import { decrypt, encrypt } from '../../../lib/base/encryption'

const secret = 'the secret of this Node-RED'
const text = '{"accessToken":"abc","name":"Zoë ✓"}'

describe('the secret box', () => {
  for (const content of [text, '', 'x'.repeat(100_000)])
    it(`gives back what was sealed (${content.length} characters)`, () => {
      should(decrypt(secret, encrypt(secret, content))).equal(content)
    })

  it('shows nothing of what is inside, and never looks the same', () => {
    const [one, other] = [encrypt(secret, text), encrypt(secret, text)]
    one.should.not.equal(other)
    for (const box of [one, other]) Buffer.from(box, 'base64').includes('abc').should.be.false()
  })

  it('opens with no other secret', () => {
    const box = encrypt(secret, text)
    for (const wrong of ['', `${secret} `, secret.toUpperCase()]) should(decrypt(wrong, box)).be.undefined()
  })

  it('opens not when any single byte was changed', () => {
    const bytes = Buffer.from(encrypt(secret, text), 'base64')
    const opened = [...bytes.keys()].filter(index => {
      const changed = Buffer.from(bytes)
      changed[index]! ^= 1
      return decrypt(secret, changed.toString('base64')) !== undefined
    })
    opened.should.eql([])
    should(decrypt(secret, bytes.toString('base64'))).equal(text)
  })

  it('opens not when something is missing or was added', () => {
    const bytes = Buffer.from(encrypt(secret, text), 'base64')
    for (let length = 0; length < bytes.length; length += 1) {
      should(decrypt(secret, bytes.subarray(0, length).toString('base64'))).be.undefined()
    }
    should(decrypt(secret, Buffer.concat([bytes, Buffer.from([0])]).toString('base64'))).be.undefined()
  })

  for (const junk of ['', 'AAAA', 'no base64 at all!', '{"userId":"12"}'])
    it(`opens no ${JSON.stringify(junk)}`, () => {
      should(decrypt(secret, junk)).be.undefined()
    })
})
