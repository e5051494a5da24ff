import fc from 'fast-check'
import should from 'should'
import { asId, asIsoDate } from '../../../lib/base/json'

const LAST = Date.UTC(2100, 0, 1) / 1000 - 1

describe('asIsoDate', () => {
  it('gives what Date gives, for every second that there is', () => {
    const seconds = fc.oneof(fc.integer({ min: 1, max: 4e9 }), fc.integer({ min: 1, max: LAST }))
    fc.assert(fc.property(seconds, at => asIsoDate(at) === new Date(at * 1000).toISOString()))
  })

  it('gives each hour, minute and second of a day, and the days around it', () => {
    const midnight = Date.UTC(2024, 1, 29) / 1000
    const wrong = Array.from({ length: 3 * 86_400 }, (_, second) => midnight - 86_400 + second).filter(
      at => asIsoDate(at) !== new Date(at * 1000).toISOString()
    )
    wrong.should.eql([])
  })

  it('keeps milliseconds, and does not mind more days than it remembers', () => {
    should(asIsoDate('1795330692.25')).equal('2026-11-22T06:58:12.250Z')
    for (let day = 1; day < 6_000; day += 1)
      should(asIsoDate(day * 86_400)).equal(new Date(day * 86_400_000).toISOString())
  })

  it('is undefined for what is no date', () => {
    for (const value of [0, -1, LAST + 1, 1e13, NaN, '0x10', 'yesterday', '', null, undefined, {}])
      should(asIsoDate(value)).be.undefined()
  })
})

describe('asId', () => {
  it('writes every integer as JavaScript does, ids of more than 32 bits included', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), id => asId(id) === String(id)))
    for (const id of [0, 2 ** 31 - 1, 2 ** 31, 4_000_000_000, 4_000_000_001, 4_000_001_000])
      asId(id)!.should.equal(String(id))
  })
})
