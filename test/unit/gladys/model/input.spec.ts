import fc from 'fast-check'
import vm from 'node:vm'
import { CodedError, inEnglish } from '../../../../lib/base/errors'
import { translateText } from '../../../../lib/base/translate'
import { statesOf } from '../../../../lib/gladys/model/states'
import { parseInput } from '../../../support/parse-input'

const reading = {
  type: 'weight',
  value: 82.05,
  unit: 'kg',
  date: '2026-11-22T06:58:12.000Z',
  userId: '1234567',
  deviceId: 'abc',
  model: 'Body Scan',
  source: 'device',
  groupId: '1',
  modified: '2026-11-22T06:58:40.000Z'
}
const device = {
  id: 'abc',
  userId: '1234567',
  model: 'Body Scan',
  battery: 'high',
  batteryLevel: 90,
  lastSeen: null
}
const direct = { device: 'mqtt:x', feature: 'mqtt:x:y', value: 1 }

describe('Gladys input', () => {
  it('takes a reading, alone or in a list', () => {
    const [item] = parseInput(reading)
    item!.should.eql({
      kind: 'reading',
      type: 'weight',
      value: 82.05,
      unit: 'kg',
      date: Date.parse(reading.date),
      userId: '1234567',
      deviceId: 'abc',
      model: 'Body Scan'
    })
    parseInput([reading, { ...reading, position: 'left_arm' }])
      .map(one => (one.kind === 'reading' ? one.position : 'no'))
      .should.eql([undefined, 'left_arm'])
  })

  it('takes bed events of a mat as one feature that is on or off', () => {
    const bed = { name: 'bed_in', userId: '12', deviceId: 'abc', date: '2026-11-22T22:58:12.000Z' }
    parseInput({ ...bed, category: 50 }).should.eql([
      {
        kind: 'reading',
        type: 'in_bed',
        value: 1,
        unit: null,
        date: Date.parse(bed.date),
        userId: '12',
        deviceId: 'abc',
        model: null
      }
    ])
    parseInput({ ...bed, category: 51, name: 'bed_out', catchUp: true })[0]!.should.match({ value: 0 })
    ;(() => parseInput({ ...bed, category: 50, date: undefined })).should.throw(/msg\.payload\.date/)
  })

  it('takes other notifications as what has no value', () => {
    const weighing = { category: 1, name: 'weight', userId: '12', startDate: '2026-11-22T06:58:12.000Z' }
    parseInput(weighing).should.eql([{ kind: 'notification', name: 'weight' }])
  })

  it('takes an object of the latest readings', () => {
    parseInput({
      weight: reading,
      segment_fat_mass_left_arm: { ...reading, position: 'left_arm' }
    }).length.should.equal(2)
  })

  it('takes devices and mixed lists', () => {
    parseInput([device, reading, direct])
      .map(({ kind }) => kind)
      .should.eql(['battery', 'reading', 'direct'])
    parseInput(device)[0]!.should.have.property('level', 90)
  })

  const night = {
    kind: 'night',
    userId: '1234567',
    deviceId: 'mat',
    start: '2026-11-21T22:00:00.000Z',
    stages: [{ state: 'deep' }],
    values: { sleep_score: 80 },
    readings: [
      { ...reading, type: 'sleep_score', value: 80, unit: 'points' },
      { ...reading, type: 'workout_type', value: 'Walk', unit: null }
    ]
  }
  const typesOf = (payload: unknown): string[] =>
    parseInput(payload).map(item => (item.kind === 'reading' ? item.type : item.kind))

  it('takes an object with its readings apart, alone, in a list, or beside others', () => {
    typesOf(night).should.eql(['sleep_score', 'workout_type'])
    typesOf([night, { ...night, readings: [] }, reading, night, device]).should.eql([
      ...['sleep_score', 'workout_type', 'weight', 'sleep_score', 'workout_type', 'battery']
    ])
    typesOf({ readings: [reading] }).should.eql(['weight'])
  })

  it('counts the readings inside of objects', () => {
    const slice = { userId: '1', deviceId: null, readings: new Array(50_000).fill(reading) as unknown[] }
    parseInput([slice, slice]).length.should.equal(100_000)
    const parse = (): unknown => parseInput([slice, slice, reading, slice])
    parse.should.throw(CodedError, { message: /msg\.payload\[3\]\.readings has more than 100000/ })
  })

  it('takes nothing as nothing to do', () => {
    parseInput([]).should.eql([])
    parseInput({ ...night, readings: [] }).should.eql([])
    parseInput({}).should.eql([])
  })

  const noon = Date.UTC(2026, 10, 22, 12)
  const dates: [string, unknown][] = [
    ['ISO text', '2026-11-22T12:00:00Z'],
    ['an offset', '2026-11-22T13:00:00+01:00'],
    ['a Date', new Date(noon)],
    ['Unix seconds', noon / 1000],
    ['milliseconds, which can be nothing else', noon],
    ['a Date of a function node', vm.runInNewContext(`new Date(${noon})`)]
  ]
  for (const [name, date] of dates)
    it(`takes a date as ${name}`, () => {
      parseInput({ ...direct, date })[0]!.should.have.property('date', noon)
    })

  const bad: [string, unknown, RegExp][] = [
    ['undefined', undefined, /msg\.payload must be an object, not missing/],
    ['null', null, /not null/],
    ['a text', 'hello', /not string/],
    ['a number', 5, /not number/],
    ['a Date', new Date(), /not a date/],
    ['an object of something else', { foo: 1 }, /neither a reading/],
    ['an object of objects of something else', { foo: { bar: 1 } }, /msg\.payload\.foo is neither/],
    ['devices in an object', { abc: device }, /msg\.payload\.abc is not a reading/],
    ['a list in a list', [[reading]], /msg\.payload\[0\] must be an object, not an array/],
    ['a hole in a list', [null], /msg\.payload\[0\]/],
    ['a hole in readings', [{ readings: [null] }], /msg\.payload\[0\]\.readings\[0\] must be/],
    ['nothing but holes and worse', [null, { ...reading, date: 1e13 }], /msg\.payload\[0\] must be/],
    ['a bad reading of an object', { readings: [{ ...reading, type: 5 }] }, /\.readings\[0\]\.type must be/],
    ['readings in readings', { readings: [{ readings: [] }] }, /\.readings\[0\]\.type must be a text/],
    ['readings that are a text', { userId: '1', readings: 'all' }, /neither a reading/],
    ['a list that is too long', new Array(100_001).fill(null), /more than 100000/],
    ['a reading without a date', { ...reading, date: undefined }, /msg\.payload\.date/],
    ['a date that is no date', { ...reading, date: 'yesterday' }, /msg\.payload\.date/],
    ['31 February', { ...reading, date: '2026-02-31T00:00:00Z' }, /msg\.payload\.date/],
    ['milliseconds beyond 2100', { ...direct, date: 1e13 }, /Unix seconds/],
    ['neither seconds nor milliseconds', { ...direct, date: 9e11 }, /Unix seconds/],
    ['a date that overflows', { ...direct, date: JSON.parse('1e400') as unknown }, /Unix seconds/],
    ['a date in 2107', { ...direct, date: Date.UTC(2107, 0, 1) / 1000 }, /Unix seconds/],
    ['an invalid Date', { ...direct, date: new Date(NaN) }, /msg\.payload\.date/],
    ['a date of NaN', { ...direct, date: NaN }, /msg\.payload\.date/],
    ['no user', { ...reading, userId: '' }, /userId must be a text, not an empty text/],
    ['a user that is a number', { ...reading, userId: 12 }, /userId must be a text, not number/],
    [
      'a unit of a direct value that is a number',
      { ...direct, unit: 5 },
      /msg\.payload\.unit must be a text/
    ],
    ['a name that is an object', { ...direct, name: {} }, /msg\.payload\.name must be a text/],
    ['a slash', { ...direct, feature: 'a/b' }, /feature must not hold/],
    ['a plus', { ...direct, device: 'a+b' }, /device must not hold/],
    ['a hash', { ...reading, deviceId: 'a#b' }, /deviceId must not hold/],
    ['a space', { ...reading, type: 'fat mass' }, /type must not hold/],
    ['a position with a slash', { ...reading, position: '../x' }, /position must not hold/],
    ['a control character', { ...direct, feature: 'a\u0000b' }, /must not hold/],
    ['half a character', { ...direct, feature: 'a\ud800' }, /Unicode/],
    ['a very long id', { ...direct, feature: 'a'.repeat(251) }, /longer than 250/],
    ['a prototype key as id', { ...reading, type: '__proto__' }, /must not be __proto__/],
    ['a prototype key', JSON.parse('{"__proto__": {"a": 1}}'), /must not have a key __proto__/],
    ['a value that is missing', { device: 'a', feature: 'b' }, /value must be a number, not missing/],
    ['a value that is an object', { ...reading, value: {} }, /value must be a number, not object/],
    ['a unit that is a number', { ...reading, unit: 3 }, /unit must be a text/],
    ['a battery of 200 %', { ...device, batteryLevel: 200 }, /batteryLevel/],
    ['a device without id', { ...device, id: undefined }, /msg\.payload\.id/]
  ]
  for (const [name, payload, message] of bad)
    it(`refuses ${name}`, () => {
      const parse = (): unknown => parseInput(payload)
      parse.should.throw(CodedError, { code: 'BAD_INPUT', message })
    })

  const unusable = (payload: unknown): string[] =>
    parseInput(payload).flatMap(item =>
      item.kind === 'unusable' ? [`${item.place} ${translateText(item.problem, inEnglish)}`] : []
    )

  it('takes all but what is unusable, wherever that is', () => {
    const odd = { ...reading, date: Date.UTC(2107, 0, 1) / 1000 }
    const cases: [unknown, RegExp][] = [
      [[reading, odd, direct, device], /^msg\.payload\[1\]\.date must be/],
      [[reading, null, direct, device], /^msg\.payload\[1\] must be an object, not null/],
      [[reading, [reading], direct, device], /^msg\.payload\[1\] must be an object, not an array/],
      [[{ readings: [reading, odd, reading] }, direct], /^msg\.payload\[0\]\.readings\[1\]\.date/],
      [{ readings: [reading, 5, reading, reading] }, /^msg\.payload\.readings\[1\] must be an object/],
      [{ a: reading, b: odd, c: reading, d: reading }, /^msg\.payload\.b\.date/],
      [{ a: reading, value: 5, c: reading, d: reading }, /^msg\.payload\.value must be an object/],
      [{ a: reading, userId: '12', c: reading, d: reading }, /^msg\.payload\.userId must be an object/],
      [{ a: reading, b: device, c: reading, d: reading }, /^msg\.payload\.b is not a reading/]
    ]
    for (const [payload, expected] of cases) {
      const [problem, ...more] = unusable(payload)
      problem!.should.match(expected)
      more.should.eql([])
      parseInput(payload).length.should.equal(4)
    }
  })

  it('takes the other rows unchanged, whatever is absurd in one', () => {
    const absurd = fc.oneof(
      fc.anything(),
      fc.constantFrom<unknown>(NaN, Infinity, -Infinity, 1e13, 1e300, -1e300, new Date(NaN), '')
    )
    const field = fc.constantFrom(...Object.keys(reading), 'position', 'readings', 'feature', 'battery')
    const odd = fc.oneof(
      absurd,
      fc.tuple(field, absurd).map(([key, value]) => ({ ...reading, [key]: value }))
    )
    const good = [reading, device, direct]
    const options = { addressing: 'own', liveMinutes: 15, now: () => noon } as const
    fc.assert(
      fc.property(fc.nat(3), odd, (at, row) => {
        const items = parseInput([...good.slice(0, at), row, ...good.slice(at)])
        items.should.containDeepOrdered(parseInput(good))
        statesOf(items, options).states.length.should.be.aboveOrEqual(3)
      })
    )
  })

  it('never repeats a value in an error', () => {
    const parse = (): unknown => parseInput({ ...reading, date: 'secret-text' })
    parse.should.throw(CodedError, { message: /^(?!.*secret)/ })
  })
})
