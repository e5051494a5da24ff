import should from 'should'
import type { FetchContext } from '../../../../lib/withings/api/client'
import {
  allUnread,
  CHAPTER_NAMES,
  type ChapterName,
  type HistoryQuery,
  nextPlace,
  readSlice,
  type Unread,
  unreadAfter
} from '../../../../lib/withings/history/history'
import { measureType } from '../../../../lib/withings/measures/types'
import type { Reading } from '../../../../lib/withings/readings/reading'
import type { Person } from '../../../simulator'
import { DEFAULT_HISTORY_OPTIONS } from '../../../support/default-history-options'
import { SleepBench } from '../../../support/sleep-bench'

const second = (iso: string) => Date.parse(iso) / 1000

/** Every year of a chapter, newest first; tells how many there were. */
async function readAll(
  { context, query }: { context: FetchContext; query: HistoryQuery },
  chapter: ChapterName
): Promise<{ readings: Reading[]; years: number }> {
  const readings: Reading[] = []
  let unread: Unread = { [chapter]: allUnread(query)[chapter] }
  for (let years = 1; ; years += 1) {
    const place = { ...nextPlace(unread)!, years: 1 }
    const slice = await readSlice(context, query, place)
    unread = unreadAfter(unread, place, { ...slice, rows: 1_000 })
    slice.problems.should.equal(0)
    readings.push(...slice.readings)
    if (!slice.isLast) continue
    const dates = readings.map(({ date }) => date)
    dates.should.eql([...dates].sort().reverse())
    return { readings, years }
  }
}

const times = (readings: Reading[], type: string) =>
  readings.filter(reading => reading.type === type).map(({ date }) => date)

describe('the history of a person', () => {
  let desk: SleepBench
  afterEach(() => desk.close())

  const person = (): Person => desk.simulator.people.find(({ userId }) => userId === desk.userId)!
  const ask = (changes: Partial<HistoryQuery> = {}): { context: FetchContext; query: HistoryQuery } => {
    const { context } = desk
    const query = {
      from: 1,
      until: Math.floor(context.now() / 1000),
      options: DEFAULT_HISTORY_OPTIONS,
      ...changes
    }
    return { context: { ...context, priority: 'import' }, query }
  }
  const calls = (action: string) => desk.calls.filter(params => params.action === action)

  it('has the days of a watch as those of that device, which no row names, and asks for devices once a year', async () => {
    desk = await SleepBench.open('Ben', { years: 0.1 })
    const { readings } = await readAll(ask(), 'days')
    const own = readings.filter(({ source, type }) => source === 'device' && type === 'steps')
    const watch = person().devices.find(({ type }) => type === 'Activity Tracker')!
    own.length.should.be.above(10)
    own.filter(({ deviceId }) => deviceId !== watch.deviceid).should.eql([])
    calls('getdevice').length.should.equal(1)
  })

  it('has every measure, day, workout, night and recording once, whatever the pages', async () => {
    desk = await SleepBench.open('Ada', { years: 1, pageSize: 40 })
    const { groups, sleep, activity, recordings } = person()
    const { until } = ask().query
    const found = {} as Record<ChapterName, Reading[]>
    for (const name of CHAPTER_NAMES) found[name] = (await readAll(ask(), name)).readings

    const weights = groups.filter(({ category, attrib }) => category === 1 && attrib !== 1)
    found.measures
      .filter(({ type }) => type === measureType(1).name)
      .length.should.equal(weights.filter(({ measures }) => measures.some(({ type }) => type === 1)).length)
    found.measures.map(({ date }) => date).length.should.be.above(1_000)

    const scored = sleep.filter(({ data, enddate }) => data.sleep_score !== undefined && enddate <= until)
    const scores = [...times(found.nights, 'sleep_score'), ...times(found.nights, 'nap_sleep_score')]
    scores.length.should.be.within(scored.length * 0.9, scored.length)
    new Set(found.nights.map(({ date, type }) => `${date} ${type}`)).size.should.equal(found.nights.length)

    const days = new Set(activity.days.map(({ date }) => date))
    const past = [...days].filter(day => day < '2026-11-22')
    times(found.days, 'steps').length.should.be.aboveOrEqual(past.length)
    new Set(times(found.workouts, 'workout_duration')).size.should.equal(activity.workouts.length)
    times(found.recordings, 'ecg_afib').length.should.equal(
      recordings.heart.filter(({ ecg, timestamp }) => ecg !== undefined && timestamp <= until).length
    )
    for (const name of ['getactivity', 'getworkouts', 'getmeas']) calls(name).length.should.be.above(0)
  })

  it('asks for each page once, year by year from now backwards, and once for what is older', async () => {
    desk = await SleepBench.open('Ada', { years: 1, pageSize: 40 })
    await readAll(ask(), 'days')
    const asked = calls('getactivity').map(({ startdateymd, enddateymd, offset }) =>
      [startdateymd, enddateymd, offset].join(' ')
    )
    new Set(asked).size.should.equal(asked.length)
    asked.length.should.be.above(8)
    desk.calls.length = 0
    ;(await readAll(ask({ from: second('2024-06-01T00:00:00Z') }), 'nights')).years.should.equal(3)
    calls('getsummary')
      .filter(({ offset }) => offset === undefined)
      .map(({ startdateymd, enddateymd }) => [startdateymd, enddateymd])
      .should.eql([
        ['2025-12-30', '2026-11-23'],
        ['2024-12-30', '2026-01-03'],
        ['2024-05-31', '2025-01-03']
      ])
  })

  it('goes on where the newest is, and asks for more years at once where there is little in one', () => {
    let unread = allUnread({ until: second('2026-11-22T00:00:00Z') })
    const read = (rows: number, isLast = false): string => {
      const place = nextPlace(unread)!
      unread = unreadAfter(unread, place, { rows, isLast })
      return `${place.chapter} ${place.year - place.years + 1}-${place.year}`
    }
    CHAPTER_NAMES.map(() => read(0)).should.eql(CHAPTER_NAMES.map(name => `${name} 2026-2026`))
    ;[read(10), read(10, true), read(0, true)].should.eql([
      'recordings 2024-2025',
      'stethoscope 2024-2025',
      'workouts 2024-2025'
    ])
    ;[read(1_600), read(400), read(0, true)].should.eql([
      'days 2024-2025',
      'nights 2024-2025',
      'measures 2024-2025'
    ])
    ;[read(0, true), read(0, true), read(0, true)].should.eql([
      'recordings 2020-2023',
      'days 2023-2023',
      'nights 2022-2023'
    ])
    should(nextPlace(unread)).be.undefined()
  })

  it('tells the result of a stethoscope once, though two lists have it', async () => {
    desk = await SleepBench.open('Ada', { years: 1 })
    const listed = person().recordings.stetho.length
    listed.should.be.above(0)
    const all = [
      ...(await readAll(ask(), 'recordings')).readings,
      ...(await readAll(ask(), 'stethoscope')).readings
    ].filter(({ type }) => type === 'stethoscope_vhd')
    new Set(all.map(({ date, deviceId }) => `${deviceId} ${date}`)).size.should.equal(all.length)
  })

  it('joins the parts of a night that began before the new year, and tells it once', async () => {
    desk = await SleepBench.open()
    desk.addNight('2025-12-31T20:00:00Z', '2025-12-31T22:30:00Z')
    desk.addNight('2025-12-31T23:10:00Z', '2026-01-01T06:00:00Z')
    const { readings } = await readAll(ask({ from: second('2024-01-01T00:00:00Z') }), 'nights')
    times(readings, 'sleep_duration').should.eql(['2026-01-01T06:00:00.000Z'])
  })

  it('has the nights until it was asked for, and none that goes on', async () => {
    desk = await SleepBench.open()
    desk.addNight('2026-11-19T22:00:00Z', '2026-11-20T06:00:00Z')
    desk.addNight('2026-11-20T22:00:00Z', '2026-11-21T06:00:00Z')
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:30:00Z', { completed: false })
    times(
      (await readAll(ask({ from: second('2026-11-20T12:00:00Z') }), 'nights')).readings,
      'sleep_duration'
    ).should.eql(['2026-11-21T06:00:00.000Z'])
    const earlier = ask({ until: second('2026-11-20T12:00:00Z') })
    times((await readAll(earlier, 'nights')).readings, 'sleep_duration').should.eql([
      '2026-11-20T06:00:00.000Z'
    ])
  })

  it('leaves out the day that still runs', async () => {
    desk = await SleepBench.open('Ada', { years: 0.05 })
    person()
      .activity.days.some(({ date }) => date === '2026-11-22')
      .should.be.true()
    const dates = times((await readAll(ask(), 'days')).readings, 'steps')
    dates.length.should.be.above(3)
    dates.filter(date => date > '2026-11-22').should.eql([])
  })

  it('is told as the nodes of the flow tell it', async () => {
    desk = await SleepBench.open('Ada', { years: 0.05 })
    desk.addNight('2026-11-20T10:00:00Z', '2026-11-20T16:00:00Z')
    const options: HistoryQuery['options'] = {
      measures: { units: 'imperial' },
      days: { units: 'imperial', external: 'exclude' },
      workouts: { units: 'imperial', external: 'include' },
      sleep: { ...DEFAULT_HISTORY_OPTIONS.sleep, units: 'imperial', napHours: 7 }
    }
    const units = async (name: ChapterName, type: string) => [
      ...new Set(
        (await readAll(ask({ options }), name)).readings
          .filter(each => each.type === type)
          .map(({ unit }) => unit)
      )
    ]
    ;(await units('measures', 'weight')).should.eql(['lb'])
    ;(await units('days', 'distance')).should.eql(['mi'])
    times((await readAll(ask({ options }), 'nights')).readings, 'nap_sleep_duration').should.containEql(
      '2026-11-20T16:00:00.000Z'
    )
    const sources = (await readAll(ask({ options }), 'days')).readings.map(({ source }) => source)
    new Set(sources).should.eql(new Set(['device']))
  })
})
