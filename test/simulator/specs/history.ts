import should from 'should'
import type { Simulator } from '..'
import { decimalText } from '../decimal'
import { ada, ben, day, demo, groupsOf, now, open } from './fixture'

describe('Withings simulator: history', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  it('is the same for the same seed only', async () => {
    const histories = []
    for (const seed of [7, 7, 8]) {
      simulator = await open({ seed })
      histories.push(JSON.stringify(simulator.people))
      await simulator.close()
    }
    should(histories[1]).equal(histories[0])
    should(histories[2]).not.equal(histories[0])
    simulator = await open({ people: ['Ben'] })
    simulator.people.map(person => person.name).should.deepEqual(['Ben', 'Demo'])
  })

  it('reaches back ten years and ends with 82.05 kg', async () => {
    simulator = await open({ years: 10 })
    const weights = simulator.expectedReadings(ada).filter(reading => reading.meastype === 1)
    weights.length.should.be.above(3000)
    const [latest] = weights.sort((a, b) => b.date - a.date)
    should(latest).have.properties({ value: '82.05', attrib: 0, date: now - 240 })
    Math.min(...weights.map(({ date }) => date)).should.be.below(now - 3600 * day)
  })

  it('holds the oddities that were seen', async () => {
    simulator = await open()
    const groups = groupsOf(simulator, ada)
    const measures = groups.flatMap(group => group.measures)
    const attribs = [0, 1, 2, 3, 5, 7, 8, 10, 15, 17, 10_000, 10_009]
    attribs.every(attrib => groups.some(group => group.attrib === attrib)).should.be.true()
    new Set(measures.filter(({ type }) => type === 1).map(({ unit }) => unit)).should.deepEqual(
      new Set([-2, -3, -4, 0])
    )
    const twins = groups.filter(group => {
      const texts = group.measures.map(each => JSON.stringify(each))
      return new Set(texts).size < texts.length
    })
    twins.length.should.be.above(50)
    new Set(measures.filter(({ type }) => type === 10).map(({ unit }) => unit)).should.deepEqual(
      new Set([-2, 0])
    )
    for (const type of [145, 300]) {
      measures.some(measure => measure.type === type).should.be.true()
    }
    for (const position of [2, 3, 7, 10, 11, 12, 77]) {
      measures.some(measure => measure.position === position).should.be.true()
    }
    measures.some(({ type, value }) => type === 6 && value === 0).should.be.true()
    measures.some(({ fm }) => fm !== undefined).should.be.true()
    groups.some(group => typeof group.model === 'number' && !('modelid' in group)).should.be.true()
    groups.some(group => group.created - group.date === 1422 * 3600).should.be.true()
    groups.every(group => group.comment === null && group.hash_deviceid === group.deviceid).should.be.true()
    groups.some(group => group.attrib === 2 && group.deviceid === null).should.be.true()
    const dates = groups.map(group => group.date)
    new Set(dates).size.should.be.below(dates.length)
  })

  it('is believable', async () => {
    simulator = await open({ years: 2 })
    const ranges: [meastype: number, least: number, most: number][] = [
      [1, 60, 95],
      [10, 90, 160],
      [71, 35, 39],
      [88, 2, 5]
    ]
    for (const [type, least, most] of ranges) {
      const readings = simulator.expectedReadings(ada).filter(({ meastype }) => meastype === type)
      readings.length.should.be.above(10)
      readings.forEach(({ value }) => should(Number(value)).be.within(least, most))
    }
  })

  it('expects twins once, the whole body as no position, and goals not at all', async () => {
    simulator = await open({ people: [] })
    for (const { grpid } of [...groupsOf(simulator, demo)]) {
      simulator.removeGroup(demo, grpid)
    }
    const twin = { type: 5, value: 62_000, unit: -3, position: 7 }
    simulator.addGroup(demo, {
      measures: [twin, { ...twin }, { type: 5, value: 512, unit: -2, position: 2 }]
    })
    simulator.addGroup(demo, { category: 2, measures: [{ type: 1, value: 78, unit: 0 }] })
    const readings = simulator.expectedReadings(demo)
    readings
      .map(({ value, position }) => [value, position])
      .should.deepEqual([
        ['62', null],
        ['5.12', 2]
      ])
  })

  it('holds what was found out later', async () => {
    simulator = await open({ years: 2 })
    const [own, others] = [groupsOf(simulator, ada), groupsOf(simulator, ben)]
    should(new Set(own.map(({ timezone }) => timezone))).deepEqual(new Set(['Europe/Paris', 'Asia/Tokyo']))
    others.some(group => group.is_inconclusive === true && group.measures[0]?.type === 54).should.be.true()
    own
      .flatMap(({ measures }) => measures)
      .some(({ type, position }) => type === 168 && position === 6)
      .should.be.true()
    const intervals = [...own, ...others].flatMap(({ measures }) =>
      measures.filter(({ type }) => type === 135)
    )
    should(new Set(intervals.map(({ unit }) => unit))).deepEqual(new Set([0, -3]))
    for (const { userId } of simulator.people) {
      const ids = groupsOf(simulator, userId).map(({ grpid }) => grpid)
      new Set(ids).size.should.equal(ids.length)
    }
  })

  it('expects what an answer means, not what it says', async () => {
    simulator = await open({ people: [] })
    for (const { grpid } of [...groupsOf(simulator, demo)]) {
      simulator.removeGroup(demo, grpid)
    }
    simulator.addGroup(demo, {
      grpid: 7,
      attrib: 2,
      measures: [
        { type: 1, value: 83, unit: 0 },
        { type: 5, value: 83, unit: 0 },
        { type: 6, value: 0, unit: 0 }
      ]
    })
    simulator.addGroup(demo, {
      grpid: 7,
      is_inconclusive: true,
      measures: [
        { type: 168, value: 18, unit: 0, position: 6 },
        { type: 173, value: 5, unit: 0, position: 6 },
        { type: 137, value: 391, unit: -3 }
      ]
    })
    simulator
      .expectedReadings(demo)
      .map(({ meastype, value, position, inconclusive, grpid }) => [
        meastype,
        value,
        position,
        inconclusive,
        grpid
      ])
      .should.deepEqual([
        [1, '83', null, false, 7],
        [168, '18', null, true, 7],
        [173, '5', 6, true, 7],
        [137, '391', null, true, 7]
      ])
  })

  it('writes numbers as text without arithmetic', async () => {
    simulator = await open({ people: [] })
    const cases: [number, number, string][] = [
      [82_050, -3, '82.05'],
      [5, -3, '0.005'],
      [-5, -1, '-0.5'],
      [-1200, -2, '-12'],
      [175, 1, '1750'],
      [0, -3, '0'],
      [9_007_199_254_740_991, -4, '900719925474.0991']
    ]
    cases
      .map(([mantissa, exponent]) => decimalText(mantissa, exponent))
      .should.deepEqual(cases.map(([, , text]) => text))
  })
})
