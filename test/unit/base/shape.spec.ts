import should from 'should'
import { asInteger, asText } from '../../../lib/base/json'
import {
  asBoolean,
  dictionary,
  either,
  list,
  oneOf,
  optional,
  or,
  type Parse,
  shape
} from '../../../lib/base/shape'

interface Person {
  name: string
  born: number
  nick?: string
  friends: string[]
  isMember: boolean
  room: string | null
}

const parsePerson: Parse<Person> = shape({
  name: asText,
  born: asInteger,
  nick: optional(asText),
  friends: or(list(asText), []),
  isMember: or(asBoolean, false),
  room: or(asText, null)
})

describe('shape()', () => {
  const whole = { name: 'Ada', born: 1815, nick: 'A', friends: ['Mary'], isMember: true, room: 'library' }

  it('gives a record as it was written', () => {
    should(parsePerson(whole)).eql(whole)
  })

  it('leaves out what it does not name, and what is optional and cannot be read', () => {
    should(parsePerson({ ...whole, nick: 7, shoes: 38 })).eql({
      name: 'Ada',
      born: 1815,
      friends: ['Mary'],
      isMember: true,
      room: 'library'
    })
  })

  it('puts the fallback where a field is missing or cannot be read, another one each time', () => {
    const few = { name: 'Ada', born: 1815, friends: [], isMember: false, room: null }
    should(parsePerson({ name: 'Ada', born: 1815, friends: 'Mary', isMember: 1, room: 4 })).eql(few)
    parsePerson({ name: 'Ada', born: 1815 })!.friends.push('Mary')
    should(parsePerson({ name: 'Ada', born: 1815 })).eql(few)
  })

  for (const junk of [undefined, null, 7, 'Ada', [], {}, { name: 'Ada' }, { name: '', born: 1 }, { born: 1 }])
    it(`takes ${JSON.stringify(junk)} for no record`, () => {
      should(parsePerson(junk)).be.undefined()
    })

  it('keeps of a list and of a dictionary what can be read', () => {
    should(list(asInteger)([1, 'x', null, 2, [3]])).eql([1, 2])
    should(list(asInteger)({ 0: 1 })).be.undefined()
    should(dictionary(asText)({ a: 'A', b: 2, c: null, d: 'D' })).eql({ a: 'A', d: 'D' })
    should(dictionary(asText)(['A'])).be.undefined()
    should(dictionary(asText)(null)).be.undefined()
  })

  it('takes a name of JavaScript in a dictionary for a name like any other', () => {
    const parsed = dictionary(asText)(JSON.parse('{"__proto__": "x", "constructor": "y"}'))
    Object.entries(parsed!).should.eql([
      ['__proto__', 'x'],
      ['constructor', 'y']
    ])
  })

  it('tells records of two kinds apart', () => {
    const parse = either(
      shape({ kind: oneOf(['open']), token: asText }),
      shape({ kind: oneOf(['refused']), times: asInteger })
    )
    should(parse({ kind: 'open', token: 't', times: 1 })).eql({ kind: 'open', token: 't' })
    should(parse({ kind: 'refused', token: 't', times: 1 })).eql({ kind: 'refused', times: 1 })
    should(parse({ kind: 'open', times: 1 })).be.undefined()
    should(parse({ kind: 'other', token: 't', times: 1 })).be.undefined()
  })
})
