import should from 'should'
import {
  type MeasuresQuery,
  measuresQueryOf,
  type MeasuresSettings
} from '../../../../lib/withings/measures/sync'

const now = Date.UTC(2026, 10, 22, 7, 0, 0, 900)
const second = Math.floor(now / 1000)
const plan = (msg: unknown = {}, settings: Partial<MeasuresSettings> = {}): MeasuresQuery =>
  measuresQueryOf({ types: [], mode: 'new', days: 30, ...settings }, msg, now)
const start = Date.UTC(2026, 9, 1) / 1000
const end = Date.UTC(2026, 9, 2, 12) / 1000

describe('the plan of a run', () => {
  const bySettings: [string, Partial<MeasuresSettings>, MeasuresQuery][] = [
    ['what is new', {}, { kind: 'new', types: [], days: 30 }],
    ['what is new, at first everything', { days: 0 }, { kind: 'new', types: [], days: 0 }],
    [
      'rolling days',
      { mode: 'period', days: 7 },
      { kind: 'span', types: [], from: second - 7 * 86_400, until: undefined }
    ],
    ['0 days', { mode: 'period', days: 0 }, { kind: 'span', types: [], from: 0, until: undefined }],
    ['everything', { mode: 'all', days: 7 }, { kind: 'span', types: [], from: 0, until: undefined }],
    [
      'some types',
      { types: ['weight', 'measure_300'] },
      { kind: 'new', types: ['weight', 'measure_300'], days: 30 }
    ]
  ]
  for (const [name, settings, expected] of bySettings)
    it(`follows the settings: ${name}`, () => {
      plan({}, settings).should.eql(expected)
    })

  for (const msg of [undefined, null, 'text', [], { mode: '', types: '', startDate: '', endDate: null }])
    it(`follows the settings with ${JSON.stringify(msg)} as message`, () => {
      plan(msg, { mode: 'period', days: 1, types: ['weight'] }).should.eql({
        kind: 'span',
        types: ['weight'],
        from: second - 86_400,
        until: undefined
      })
    })

  it('takes the mode of the message', () => {
    plan({ mode: 'all' }).should.match({ kind: 'span', from: 0 })
    plan({ mode: 'period' }).should.match({ kind: 'span', from: second - 30 * 86_400 })
    plan({ mode: 'new' }, { mode: 'all' }).should.match({ kind: 'new', days: 30 })
  })

  const typeLists: [string, unknown, string[]][] = [
    ['a list', ['weight', 'fat_ratio'], ['weight', 'fat_ratio']],
    ['text with commas', ' weight , fat_ratio,', ['weight', 'fat_ratio']],
    ['one name', 'weight', ['weight']],
    ['a type without a name', ['measure_300'], ['measure_300']],
    ['an empty list, meaning all', [], []]
  ]
  for (const [name, types, expected] of typeLists)
    it(`takes the types of the message: ${name}`, () => {
      plan({ types }, { types: ['height'] }).types.should.eql(expected)
    })

  const parts: [string, string[], string[], boolean][] = [
    ['some of all types', [], ['weight'], true],
    ['some of its types', ['weight', 'spo2'], ['spo2'], true],
    ['its types in another order', ['weight', 'spo2'], ['spo2', 'weight'], false],
    ['other types', ['weight', 'spo2'], ['weight', 'height'], false],
    ['more types', ['weight'], ['weight', 'height'], false],
    ['all types', ['weight'], [], false]
  ]
  for (const [name, types, asked, expected] of parts)
    it(`${expected ? 'counts' : 'does not count'} as a part of the node's question: ${name}`, () => {
      should(plan({ types: asked }, { types }).narrowed === true).equal(expected)
      should(plan({ types: asked, mode: 'all' }, { types }).narrowed).be.undefined()
    })

  const dates: [string, unknown, unknown][] = [
    ['ISO texts', '2026-10-01T00:00:00.000Z', '2026-10-02T14:00:00+02:00'],
    ['Dates', new Date(start * 1000), new Date(end * 1000)],
    ['Unix seconds', start, end + 0.9],
    ['Unix seconds as text', String(start), ` ${end} `],
    ['milliseconds', start * 1000, end * 1000 + 999],
    ['milliseconds as text', ` ${start * 1000}`, String(end * 1000)]
  ]
  for (const [name, startDate, endDate] of dates)
    it(`takes the dates of the message: ${name}`, () => {
      const expected = { kind: 'span', types: ['weight'], from: start, until: end }
      plan({ startDate, endDate, mode: 'new' }, { types: ['weight'] }).should.eql(expected)
    })

  it('takes a day as its beginning in UTC', () => {
    plan({ startDate: '2026-10-01' }).should.match({ from: start })
  })

  it('goes from the beginning, or until now, where one date is missing', () => {
    plan({ startDate: start }, { mode: 'all' }).should.eql({
      kind: 'span',
      types: [],
      from: start,
      until: undefined
    })
    plan({ endDate: end }).should.eql({ kind: 'span', types: [], from: 0, until: end })
  })

  it('takes an end that is the start', () => {
    plan({ startDate: start, endDate: start }).should.match({ from: start, until: start })
  })

  const junk: [string, object, RegExp][] = [
    ['an end before its start', { startDate: end, endDate: start }, /endDate lies before/],
    ['an unknown type', { types: ['weight', 'wieght'] }, /"wieght"/],
    ['the number of a type that has a name', { types: 'measure_1' }, /"measure_1"/],
    ['a number as type', { types: 1 }, /number/],
    ['a number in the list of types', { types: [1] }, /number/],
    ['an object as types', { types: { weight: true } }, /object/],
    ['an unknown mode', { mode: 'everything' }, /msg\.mode/],
    ['a mode that is no text', { mode: 1 }, /msg\.mode/],
    ['words as start', { startDate: 'yesterday' }, /msg\.startDate/],
    ['a day that does not exist', { startDate: '2026-13-01' }, /msg\.startDate/],
    ['an American date', { endDate: '10/02/2026' }, /msg\.endDate/],
    ['a Date without a time', { endDate: new Date(NaN) }, /msg\.endDate/],
    ['a time before 1970', { startDate: -1 }, /msg\.startDate/],
    ['endless', { endDate: Infinity }, /msg\.endDate/],
    ['what is neither seconds nor milliseconds', { startDate: 2e11 }, /msg\.startDate/],
    ['milliseconds after this century', { endDate: Date.UTC(2101, 0) }, /msg\.endDate/],
    ['microseconds', { startDate: Date.UTC(2026, 0, 1) * 1000 }, /msg\.startDate/],
    ['microseconds as text', { startDate: String(Date.UTC(2026, 0, 1) * 1000) }, /msg\.startDate/],
    ['an object as end', { endDate: {} }, /msg\.endDate/],
    ['a truth as start', { startDate: true }, /msg\.startDate/]
  ]
  for (const [name, msg, message] of junk)
    it(`is BAD_INPUT with ${name}`, () => {
      ;(() => plan(msg)).should.throw({ code: 'BAD_INPUT', message })
    })

  it('is BAD_INPUT with an unknown type in the settings', () => {
    ;(() => plan({}, { types: ['nonsense'] })).should.throw({ code: 'BAD_INPUT', message: /"nonsense"/ })
  })

  it('does not look at the types of the settings when the message has some', () => {
    plan({ types: 'weight' }, { types: ['nonsense'] }).types.should.eql(['weight'])
  })

  it('repeats no more than the beginning of a long name', () => {
    const message = /^.{0,120}$/
    ;(() => plan({ types: ['x'.repeat(10_000)] })).should.throw({ message })
  })
})
