import should from 'should'
import { SERIES_FIELDS } from '../../../../lib/withings/sleep/fields'
import type { NightWithRows } from '../../../../lib/withings/sleep/night'
import { parseSegments, readStages, stagesOf } from '../../../../lib/withings/sleep/stages'
import { SleepBench } from '../../../support/sleep-bench'

describe('an answer with stages', () => {
  const segment = (startdate: number, enddate: number, state: unknown, more: object = {}) => ({
    startdate,
    enddate,
    state,
    model: 'Aura Sensor V2',
    model_id: 63,
    hash_deviceid: 'mat',
    ...more
  })

  it('gives pieces in order, with the names of their stages', () => {
    const series = [15, 5, 4, 3, 2, 1, 0, 9].map((state, index) =>
      segment(9000 - index * 60, 9060 - index * 60, state)
    )
    const { segments, problems } = parseSegments({ series, model: 32 })
    problems.should.eql([])
    segments
      .map(({ stage }) => stage)
      .should.eql(['stage_9', 'awake', 'light', 'deep', 'rem', 'manual', 'unspecified', 'out_of_bed'])
    segments.map(({ start }) => start).should.eql([8580, 8640, 8700, 8760, 8820, 8880, 8940, 9000])
  })

  it('has maps from seconds to numbers, in which 0 may stand for nothing', () => {
    const more = {
      hr: { 1060: 52, 1000: 0, x: 5, 1120: 'fast' },
      snoring: { '1000': 0, '1060': 12 },
      rmssd: { '1000': 0 },
      sdnn_1: [],
      rr: null
    }
    parseSegments({ series: [segment(1000, 1180, 1, more)] }).segments[0]!.series.should.eql({
      heart_rate: [{ x: 1_060_000, y: 52 }],
      snoring: [
        { x: 1_000_000, y: 0 },
        { x: 1_060_000, y: 1 }
      ]
    })
  })

  it('says of each minute whether somebody snored, also as in 2020', () => {
    const snoring = { 1000: 0, 1060: 1, 1120: 100, 1180: -1 }
    parseSegments({ series: [segment(1000, 1240, 1, { snoring })] }).segments[0]!.series.snoring!.should.eql([
      { x: 1_000_000, y: 0 },
      { x: 1_060_000, y: 1 },
      { x: 1_120_000, y: 1 }
    ])
    should(SERIES_FIELDS.find(({ key }) => key === 'snoring')!.unit).be.null()
  })

  it('has no point of another time, and no quality of what was not measured', () => {
    const more = { hrv_quality: { 1000: 0, 1060: 3 }, hr: { 1000: 50, 900: 51, 4_000_000_000: 52 } }
    parseSegments({ series: [segment(1000, 1120, 1, more)] }).segments[0]!.series.should.eql({
      heart_rate: [{ x: 1_000_000, y: 50 }],
      hrv_quality: [{ x: 1_060_000, y: 3 }]
    })
  })

  it('may hold its list as an object, or none', () => {
    parseSegments({ series: { a: segment(1000, 1060, 2) } }).segments.should.have.length(1)
    for (const body of [{}, { series: [] }, { series: {} }, { series: null }])
      parseSegments(body).should.eql({ segments: [], problems: [] })
  })

  it('tells what cannot be read', () => {
    const series = [
      segment(1000, 1060, 2),
      null,
      segment(0, 1060, 2),
      segment(1000, 900, 2),
      segment(1000, 1060, null),
      segment(1000, 1060, -1)
    ]
    const { segments, problems } = parseSegments({ series })
    segments.should.have.length(1)
    problems.map(({ place }) => place).should.eql([1, 2, 3, 4, 5].map(index => `series[${index}]`))
  })
})

describe('the stages of a night', () => {
  let desk: SleepBench
  beforeEach(async () => {
    desk = await SleepBench.open()
  })
  afterEach(() => desk.close())

  const nightOf = async (): Promise<NightWithRows['night']> =>
    (await desk.run({ kind: 'span', from: 0, until: undefined })).nights[0]!.night
  const secondsIn = (timeline: { stage: string; duration: number }[], stage: string) =>
    timeline.filter(each => each.stage === stage).reduce((sum, { duration }) => sum + duration, 0)

  it('add up to what its summary says', async () => {
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')
    const night = await nightOf()
    const { stages, problems } = await readStages(desk.context, night)
    problems.should.eql([])
    stages.should.match({
      kind: 'stages',
      sleep: 'night',
      id: night.id,
      day: '2026-11-22',
      deviceId: night.deviceId
    })
    const { timeline, hypnogram, series } = stages
    ;['light', 'deep', 'rem']
      .map(stage => secondsIn(timeline, stage))
      .should.eql([
        night.values.light_sleep_duration,
        night.values.deep_sleep_duration,
        night.values.rem_sleep_duration
      ])
    secondsIn(timeline, 'awake').should.equal(night.values.awake_duration)
    timeline[0]!.startDate.should.equal(night.startDate)
    timeline.at(-1)!.endDate.should.equal(night.endDate)
    timeline.forEach(({ stage, startDate, endDate, duration }, index) => {
      duration.should.equal((Date.parse(endDate) - Date.parse(startDate)) / 1000)
      const next = timeline[index + 1]
      if (next?.startDate === endDate) next.stage.should.not.equal(stage)
    })
    hypnogram.should.have.length(timeline.length * 2)
    hypnogram[0]!.should.eql({ x: Date.parse(night.startDate), y: 4 })
    series.heart_rate!.length.should.be.above(400)
    for (const points of Object.values(series)) {
      const times = points.map(({ x }) => x)
      times.should.eql([...times].sort((a, b) => a - b))
      new Set(times).size.should.equal(times.length)
      times.every(x => x >= Date.parse(night.startDate) && x < Date.parse(night.endDate)).should.be.true()
    }
    series.sdnn!.every(({ y }) => y > 0).should.be.true()
    series.should.not.have.property('withings_index')
  })

  it('are asked for in slices of 24 hours, and nothing comes twice', async () => {
    desk.addNight('2026-11-20T02:00:00Z', '2026-11-21T12:00:00Z')
    const night = await nightOf()
    const { stages } = await readStages(desk.context, night)
    const slices = desk.calls.filter(({ action }) => action === 'get')
    slices.map(({ startdate, enddate }) => Number(enddate) - Number(startdate)).should.eql([86_400, 36_000])
    const asleep = ['light', 'deep', 'rem'].reduce((sum, stage) => sum + secondsIn(stages.timeline, stage), 0)
    asleep.should.equal(night.values.sleep_duration)
  })

  it('leave out what another device recorded meanwhile', async () => {
    desk.addNight('2026-11-21T22:10:00Z', '2026-11-22T05:50:00Z', { hash_deviceid: 'watch' })
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')
    const { nights } = await desk.run({ kind: 'span', from: 0, until: undefined })
    nights.should.have.length(2)
    for (const { night } of nights) {
      const { stages } = await readStages(desk.context, night)
      should(secondsIn(stages.timeline, 'deep')).equal(night.values.deep_sleep_duration)
    }
  })

  describe('that come in pieces of one to ten minutes', () => {
    const at = (second: number) => new Date(second * 1000).toISOString()
    const stages: [stage: 'light' | 'deep' | 'awake', start: number, end: number][] = [
      ['light', 1000, 1600],
      ['light', 1600, 1660],
      ['light', 1660, 1720],
      ['light', 1720, 1780],
      ['awake', 1780, 1840],
      ['awake', 2200, 2260],
      ['awake', 2260, 2320],
      ['light', 2920, 3520],
      ['deep', 3520, 4120]
    ]
    const of = (events: object[]) =>
      stagesOf(
        {
          startDate: at(1000),
          endDate: at(4120),
          deviceId: null,
          events
        } as unknown as NightWithRows['night'],
        stages.map(([stage, start, end]) => ({ stage, start, end, deviceId: null, series: {} }))
      )
    const leaving = { type: 'left_bed', date: at(1840) }

    it('are one piece as long as the stage does not change, but not over a gap', () => {
      of([])
        .timeline.map(({ stage, duration }) => [stage, duration])
        .should.eql([
          ['light', 780],
          ['awake', 60],
          ['awake', 120],
          ['light', 600],
          ['deep', 600]
        ])
    })

    it('are out of bed in the gap that begins as somebody leaves it, and in no other', () => {
      const { timeline, hypnogram } = of([leaving, { type: 'left_bed', date: at(4120) }])
      timeline
        .filter(({ stage }) => stage === 'out_of_bed')
        .should.eql([{ stage: 'out_of_bed', startDate: at(1840), endDate: at(2200), duration: 360 }])
      hypnogram
        .filter(({ y }) => y === 5)
        .map(({ x }) => x)
        .should.eql([1_840_000, 2_200_000])
    })
  })

  it('have a line only where there is a stage', () => {
    const segment = { start: 1000, end: 1060, deviceId: null, series: {} }
    const night = {
      startDate: '1970-01-01T00:00:00.000Z',
      endDate: '1970-01-02T00:00:00.000Z',
      deviceId: null,
      events: []
    }
    const { timeline, hypnogram } = stagesOf(night as unknown as NightWithRows['night'], [
      { ...segment, stage: 'deep' },
      { ...segment, start: 1060, end: 1120, stage: 'deep' },
      { ...segment, start: 1120, end: 1180, stage: 'unspecified' }
    ])
    timeline
      .map(({ stage, duration }) => [stage, duration])
      .should.eql([
        ['deep', 120],
        ['unspecified', 60]
      ])
    hypnogram.should.eql([
      { x: 1_000_000, y: 1 },
      { x: 1_120_000, y: 1 }
    ])
  })
})
