import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { decodedMeasures } from '../../../support/decoded'

const measure = { value: 82_050, type: 1, unit: -3 }
const group: JsonObject = {
  grpid: 5_207_274_273,
  attrib: 0,
  date: 1_795_330_692,
  created: 1_795_330_700,
  modified: 1_795_330_720,
  category: 1,
  deviceid: 'abc',
  hash_deviceid: 'abc',
  model: 'Body Scan',
  modelid: 10,
  comment: null,
  measures: [measure]
}
const page = (groups: unknown, more: JsonObject = {}, offset = 0) =>
  decodedMeasures({ updatetime: 1_795_331_000, measuregrps: groups, ...more }, '12', offset)
const readingsOf = (changes: JsonObject) =>
  page([{ ...group, ...changes }]).rows.flatMap(({ readings }) => readings)
const readingOf = (changes: JsonObject) => readingsOf(changes)[0]!

describe('a page of measures', () => {
  it('becomes groups of readings with everything that the users were promised', () => {
    page([group]).should.eql({
      rows: [
        {
          id: '5207274273',
          modified: 1_795_330_720,
          timezone: undefined,
          readings: [
            {
              type: 'weight',
              value: 82.05,
              unit: 'kg',
              date: '2026-11-22T06:58:12.000Z',
              userId: '12',
              deviceId: 'abc',
              model: 'Body Scan',
              source: 'device',
              groupId: '5207274273',
              modified: '2026-11-22T06:58:40.000Z'
            }
          ]
        }
      ],
      updatetime: 1_795_331_000,
      timezone: 'UTC',
      next: undefined,
      problems: []
    })
  })

  const paging: [string, JsonObject, number, number | undefined, boolean][] = [
    ['more 1 and an offset that grows', { more: 1, offset: 300 }, 0, 300, false],
    ['more 1 as text', { more: '1', offset: '300' }, 0, 300, false],
    ['more true', { more: true, offset: 600 }, 300, 600, false],
    ['more 0 with an offset that grows', { more: 0, offset: 300 }, 0, undefined, false],
    ['no more, no offset', {}, 0, undefined, false],
    ['no more, but an offset that grows', { offset: 300 }, 0, 300, false],
    ['no more, and an offset that stays', { offset: 300 }, 300, undefined, false],
    ['more false with an offset that grows', { more: false, offset: 300 }, 0, undefined, false],
    ['more false with an offset of 0', { more: false, offset: 0 }, 0, undefined, false],
    ['more null with an offset that grows', { more: null, offset: 300 }, 0, 300, false],
    ['more 1 and an offset that stays', { more: 1, offset: 300 }, 300, undefined, true],
    ['more 1 and an offset that shrinks', { more: 1, offset: 100 }, 300, undefined, true],
    ['more true without an offset', { more: true }, 0, undefined, true]
  ]
  for (const [name, fields, offset, next, stuck] of paging)
    it(`with ${name} ${stuck ? 'is a problem' : next === undefined ? 'is the last' : 'has a next one'}`, () => {
      const { next: found, problems } = page([group], fields, offset)
      should(found).equal(next)
      problems.should.eql(stuck ? [{ place: 'offset' }] : [])
    })

  it('without groups is the last one even with an offset that grows', () => {
    should(page([], { offset: 300 }).next).be.undefined()
  })

  it('takes equal twins of a group as one reading, and different ones as two', () => {
    const twins = [
      { value: 62_000, type: 5, unit: -3, position: 7 },
      { value: 62, type: 5, unit: 0 },
      { value: 6_200, type: 5, unit: -2, position: 12 },
      { value: 61_999, type: 5, unit: -3 }
    ]
    readingsOf({ measures: twins })
      .map(({ value, position }) => [value, position])
      .should.eql([
        [62, undefined],
        [62, 'torso'],
        [61.999, undefined]
      ])
  })

  it('has no property "position" for the whole body', () => {
    const [whole, arm] = readingsOf({
      measures: [
        { ...measure, position: 7 },
        { ...measure, position: 3 }
      ]
    })
    whole!.should.not.have.property('position')
    arm!.should.have.property('position', 'left_arm')
  })

  it('takes "between the legs" for the whole body where no segment is measured', () => {
    const types = [168, 169, 5, 8, 76, 77, 88, 170, 226, 227, 1, 11, 54, 300]
    const at6 = (type: number) => ({ ...measure, type, position: 6 })
    for (const whole of readingsOf({ measures: types.map(at6) })) whole.should.not.have.property('position')
    const segments = readingsOf({ measures: [173, 174, 175].map(at6) })
    segments.map(({ position }) => position).should.eql(Array(3).fill('between_legs'))
    readingsOf({ measures: [at6(168), { ...at6(168), position: 7 }] }).should.have.length(1)
  })

  const weight = { value: 83, type: 1, unit: 0 }
  const fats: [string, JsonObject[], string[]][] = [
    [
      'typed in with zeros',
      [
        weight,
        { value: 0, type: 8, unit: -3 },
        { value: 83_000, type: 5, unit: -3 },
        { value: 0, type: 6, unit: 0 }
      ],
      ['weight']
    ],
    [
      'asked for without the weight',
      [
        { value: 83, type: 5, unit: 0 },
        { value: 0, type: 6, unit: 0 }
      ],
      []
    ],
    ['with fat as zero', [weight, { value: '0', type: '6', unit: '-3' }], ['weight']],
    [
      'with one of two as zero',
      [
        { value: 0, type: 6, unit: 0 },
        { value: 21, type: 8, unit: 0 },
        { value: 62, type: 5, unit: 0 }
      ],
      ['fat_mass', 'fat_free_mass']
    ],
    [
      'without any fat in a leg',
      [
        { value: 0, type: 174, unit: 0, position: 10 },
        { value: 62, type: 5, unit: 0 }
      ],
      ['segment_fat_mass', 'fat_free_mass']
    ],
    ['without a word about fat', [weight, { value: 62, type: 5, unit: 0 }], ['weight', 'fat_free_mass']]
  ]
  for (const [name, measures, types] of fats)
    for (const attrib of [0, 2])
      it(`has no fat that was not measured in a weight ${name}, attrib ${attrib}`, () => {
        const { rows, problems } = page([{ ...group, attrib, measures }])
        rows.flatMap(({ readings }) => readings.map(({ type }) => type)).should.eql(types)
        problems.should.eql([])
      })

  for (const yes of [true, 1, '1', 'true'])
    it(`calls inconclusive what Withings calls so with ${JSON.stringify(yes)}, whatever its attrib`, () => {
      for (const attrib of [0, 1, 2])
        readingOf({ attrib, is_inconclusive: yes }).source.should.equal('inconclusive')
    })

  for (const no of [false, 0, '0', null, undefined, {}, 'no'])
    it(`calls nothing inconclusive because of ${JSON.stringify(no)}`, () => {
      readingOf({ is_inconclusive: no }).source.should.equal('device')
    })

  it('gives intervals of a heartbeat in milliseconds, whatever they come in', () => {
    const intervals: [value: number, unit: number, expected: number][] = [
      [92, 0, 92],
      [92, -3, 92],
      [4_135, -4, 413.5],
      [5, 0, 5],
      [0.1, 0, 100],
      [4_999, -3, 4_999]
    ]
    for (const type of [135, 136, 137, 138]) {
      const readings = readingsOf({ measures: intervals.map(([value, unit]) => ({ type, value, unit })) })
      readings.map(({ value }) => value).should.eql([...new Set(intervals.map(([, , expected]) => expected))])
      readings[0]!.unit!.should.equal('ms')
    }
  })

  it('says where it was taken', () => {
    page([{ ...group, timezone: 'Asia/Tokyo' }], { timezone: 'Europe/Paris' }).should.match({
      timezone: 'Europe/Paris',
      rows: [{ timezone: 'Asia/Tokyo' }]
    })
  })

  it('leaves out objectives without calling them a problem', () => {
    const { rows: groups, problems } = page([{ ...group, category: 2 }, { category: '2' }, group])
    groups.length.should.equal(1)
    problems.should.eql([])
  })

  it('reads numbers that were sent as text', () => {
    const asText = Object.fromEntries(
      ['grpid', 'attrib', 'date', 'created', 'modified', 'category'].map(name => [name, String(group[name])])
    )
    const measures = [{ value: '82050', type: '1', unit: '-3', position: '3' }]
    const result = page([{ ...group, ...asText, measures }], { updatetime: '1795331000' })
    const expected = page([{ ...group, measures: [{ ...measure, position: 3 }] }])
    result.should.eql(expected)
  })

  it('takes the time of creation, then of measurement, where the time of change is false or 0', () => {
    readingOf({ modified: false }).modified.should.equal('2026-11-22T06:58:20.000Z')
    page([{ ...group, modified: 0 }]).rows[0]!.modified.should.equal(1_795_330_700)
    readingOf({ modified: false, created: false }).modified.should.equal('2026-11-22T06:58:12.000Z')
    page([{ ...group, modified: false, created: false }]).rows[0]!.modified.should.equal(1_795_330_692)
  })

  const garbage: [string, JsonObject, object][] = [
    ['no list of groups', { measuregrps: null }, { place: 'measuregrps' }],
    ['a text instead of the list', { measuregrps: 'none' }, { place: 'measuregrps' }],
    ['a group that is null', { measuregrps: [null] }, { place: 'measuregrps[0]' }],
    ['a group that is a list', { measuregrps: [[]] }, { place: 'measuregrps[0]' }],
    ['a group without id', { measuregrps: [{ ...group, grpid: null }] }, { place: 'measuregrps[0]' }],
    [
      'a group without date',
      { measuregrps: [group, { ...group, date: false }] },
      { place: 'measuregrps[1]', id: '5207274273' }
    ],
    [
      'a group without measures',
      { measuregrps: [{ ...group, measures: {} }] },
      { place: 'measuregrps[0]', id: '5207274273' }
    ]
  ]
  for (const [name, body, problem] of garbage)
    it(`says where it is: ${name}`, () => {
      decodedMeasures({ updatetime: 1, ...body }, '12', 0).problems.should.eql([problem])
    })

  const badMeasures: [string, unknown][] = [
    ['null', null],
    ['no value', { type: 1, unit: -3 }],
    ['value false', { ...measure, value: false }],
    ['no type', { value: 1, unit: -3 }],
    ['no unit', { value: 1, type: 1 }],
    ['a unit that is no integer', { ...measure, unit: 0.5 }],
    ['a value that no number can hold', { ...measure, unit: 400 }],
    ['words', { ...measure, value: 'many' }]
  ]
  for (const [name, bad] of badMeasures)
    it(`keeps the other measures of a group beside one with ${name}`, () => {
      const { rows: groups, problems } = page([{ ...group, measures: [bad, measure] }])
      groups[0]!.readings.map(({ value }) => value).should.eql([82.05])
      problems.should.eql([{ place: 'measuregrps[0].measures[0]', id: '5207274273' }])
    })

  it('passes unknown types, sources and positions through', () => {
    const measures = [{ value: -5, type: 300, unit: -1, position: 77 }]
    readingOf({ attrib: 10_009, measures }).should.match({
      type: 'measure_300',
      value: -0.5,
      unit: null,
      source: 'attrib_10009',
      position: 'position_77'
    })
  })

  const models: [string, JsonObject, string | null][] = [
    ['the text', { model: 'Body Cardio', modelid: 10 }, 'Body Cardio'],
    ['the id in model', { model: 10, modelid: undefined }, 'Body Scan'],
    ['the id in modelid, without text', { model: '', modelid: 45 }, 'BPM Connect'],
    ['the id in model_id', { model: null, modelid: null, model_id: 70 }, 'Thermo'],
    ['an unknown id', { model: null, modelid: 4711 }, 'Withings 4711'],
    ['the id -1', { model: null, modelid: -1 }, null],
    ['the good one of two ids', { model: null, modelid: 45, model_id: -1 }, 'BPM Connect'],
    [
      'the good one of two ids, the other way round',
      { model: null, modelid: -1, model_id: 45 },
      'BPM Connect'
    ],
    ['the good one of three ids', { model: -1, modelid: 10.5, model_id: 45 }, 'BPM Connect'],
    ['the id in model, as text', { model: '10', modelid: undefined }, 'Body Scan'],
    ['nothing', { model: null, modelid: null }, null]
  ]
  for (const [name, fields, model] of models)
    it(`names the model by ${name}`, () => {
      should(readingOf(fields).model).equal(model)
    })

  it('knows readings without a device, and devices by their other id', () => {
    should(readingOf({ deviceid: null, hash_deviceid: null }).deviceId).be.null()
    should(readingOf({ deviceid: '', hash_deviceid: 'hash' }).deviceId).equal('hash')
  })

  it('has no server time where the server left it out', () => {
    should(page([group], { updatetime: false }).updatetime).be.undefined()
  })
})
