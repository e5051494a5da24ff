import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import {
  nextSampleCursor,
  parseSampleCursor,
  type SampleCursor,
  unpackDelivered
} from '../../../../lib/withings/activity/intraday-cursor'
import { type SampleSlice, syncIntraday } from '../../../../lib/withings/activity/intraday-sync'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import { dayOf } from '../../../../lib/withings/sync/local-days'
import { type Query, queryOf } from '../../../../lib/withings/sync/query'
import { contextOf } from '../../../support/context'
import { FakeClock } from '../../../support/fake-clock'

const hour = 3600
const day = 86_400
const start = Date.parse('2026-11-22T07:00:00Z')
const now = start / 1000
const at = (iso: string): number => Date.parse(iso) / 1000
const fresh = (days: number): Query => ({ kind: 'new', days })
const spanOf = (message: object) => queryOf({ mode: 'new', days: 30 }, message, start)

/** A Withings with samples, which silently gives no more than 24 hours of them, and days with their zones. */
class Cloud {
  readonly asked: ApiRequest[] = []
  readonly samples = new Map<number, JsonObject>()
  /** Days with the time of their last change. */
  changed: JsonObject[] = []
  readonly clock = new FakeClock(start)
  readonly context = contextOf({ call: request => Promise.resolve(this.answer(request)) }, this.clock)

  constructor(readonly zones: Record<string, string> = {}) {}

  /** Steps at each of the times. */
  count(...times: number[]): this {
    for (const time of times) this.samples.set(time, { deviceid: 'watch', model: 'ScanWatch', steps: 10 })
    return this
  }

  /** A tracker hands in what it counted at each of the times. */
  sync(...times: number[]): this {
    const modified = this.clock.now() / 1000
    const days = new Set(times.map(time => dayOf(time, 'Europe/Paris')))
    this.changed.push(...[...days].map(date => ({ date, timezone: 'Europe/Paris', modified })))
    return this.count(...times)
  }

  get spans(): [number, number][] {
    return this.asked
      .filter(({ params }) => params.action === 'getintradayactivity')
      .map(({ params }) => [Number(params.startdate), Number(params.enddate)])
  }

  run(plan: Query, stored?: SampleCursor): AsyncGenerator<SampleSlice> {
    return syncIntraday(this.context, { query: plan, stored })
  }

  async times(plan: Query, stored?: SampleCursor): Promise<number[]> {
    return (await all(this.run(plan, stored))).flatMap(({ samples }) => samples.map(({ time }) => time))
  }

  private answer(request: ApiRequest): JsonObject {
    this.asked.push(request)
    const { action, startdate, enddate, startdateymd = '', enddateymd = '', lastupdate } = request.params
    if (action === 'getactivity' && lastupdate !== undefined) {
      const changed = this.changed.filter(({ modified }) => Number(modified) >= Number(lastupdate))
      return { activities: changed, more: false }
    }
    if (action === 'getactivity') {
      const known = Object.entries(this.zones).filter(([date]) => date >= startdateymd && date <= enddateymd)
      return { activities: known.map(([date, timezone]) => ({ date, timezone, modified: now })), more: false }
    }
    const [from, until] = [Number(startdate), Math.min(Number(enddate), Number(startdate) + day)]
    const found = [...this.samples].filter(([time]) => time >= from && time <= until)
    return { series: found.length === 0 ? [] : Object.fromEntries(found) }
  }
}

async function all(slices: AsyncGenerator<SampleSlice>): Promise<SampleSlice[]> {
  const list: SampleSlice[] = []
  for await (const slice of slices) list.push(slice)
  return list
}

/** The cursor as it comes back from the settings. */
function cursorOf(slices: SampleSlice[]): SampleCursor | undefined {
  const last = slices
    .map(({ cursor }) => cursor)
    .filter(cursor => cursor !== undefined)
    .at(-1)
  return parseSampleCursor(JSON.parse(JSON.stringify(last ?? null)))
}
const timesOf = (slices: SampleSlice[]) => slices.flatMap(({ samples }) => samples.map(({ time }) => time))

describe('a span of samples', () => {
  it('is asked for in slices of 24 hours that neither overlap nor leave a gap', async () => {
    const cloud = new Cloud()
    const from = now - 3 * day
    cloud.count(
      from - 1,
      from,
      from + day - 1,
      from + day,
      from + 2 * day,
      from + 2.5 * day,
      from + 2.5 * day + 1
    )
    const plan = spanOf({ startDate: from, endDate: from + 2.5 * day })
    ;(await cloud.times(plan)).should.eql([
      from,
      from + day - 1,
      from + day,
      from + 2 * day,
      from + 2.5 * day
    ])
    cloud.spans.should.eql([
      [from, from + day - 1],
      [from + day, from + 2 * day - 1],
      [from + 2 * day, from + 2.5 * day]
    ])
    cloud.asked[0]!.should.match({ path: '/v2/measure', scope: 'user.activity' })
    cloud.asked[0]!.params.data_fields!.split(',').should.have.length(15)
  })

  it('is given slice by slice, so that no more than one is in memory', async () => {
    const cloud = new Cloud().count(now - 2 * day + 5)
    const slices = cloud.run(spanOf({ startDate: now - 100 * hour }))
    await slices.next()
    cloud.spans.should.have.length(1)
    await slices.next()
    cloud.spans.should.have.length(2)
    await slices.return(undefined)
    cloud.spans.should.have.length(2)
  })

  it('ends now, though a message names the future', async () => {
    const cloud = new Cloud()
    await cloud.times(spanOf({ startDate: now - hour, endDate: 9e10 }))
    cloud.spans.should.eql([[now - hour, now - 1]])
    ;(await cloud.times(spanOf({ startDate: now + day, endDate: now + 2 * day }))).should.eql([])
  })

  it('begins with the first day there is, though a message names 1970', async () => {
    const cloud = new Cloud({ '2026-11-19': 'Europe/Paris', '2026-11-22': 'Europe/Paris' })
    await cloud.times(spanOf({ mode: 'all' }))
    cloud.spans[0]![0].should.equal(at('2026-11-18T23:00:00Z'))
    cloud.spans.should.have.length(4)
    const empty = new Cloud()
    await empty.times(fresh(0))
    empty.spans.should.eql([[now - 1, now - 1]])
  })

  const localDays = [
    ['Europe/Paris', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', 23],
    ['Europe/Paris', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', 25],
    ['America/Los_Angeles', '2026-11-01', '2026-11-01T07:00:00Z', '2026-11-02T07:59:59Z', 25],
    ['Pacific/Auckland', '2026-09-27', '2026-09-26T12:00:00Z', '2026-09-27T10:59:59Z', 23],
    ['Asia/Tokyo', '2026-10-25', '2026-10-24T15:00:00Z', '2026-10-25T14:59:59Z', 24]
  ] as const

  for (const [zone, date, first, last, hours] of localDays)
    it(`is the whole ${date} of ${zone}, ${hours} hours, where a message names that day`, async () => {
      const cloud = new Cloud({ [date]: zone })
      const [from, until] = [at(first), at(last)]
      const each = Array.from({ length: hours }, (_, index) => from + index * hour)
      cloud.count(from - 1, ...each, until, until + 1)
      ;(await cloud.times(spanOf({ startDate: date, endDate: date }))).should.eql([...each, until])
      cloud.spans.every(([a, b]) => b - a < day).should.be.true()
      cloud.spans.should.have.length(hours === 25 ? 2 : 1)
    })

  it('of a short time long ago does not ask for all days since then', async () => {
    const cloud = new Cloud()
    const from = now - 400 * day
    await cloud.times({ kind: 'span', from, until: from + 2 * day - 1 })
    cloud.asked.map(({ params }) => params.action).should.eql(['getintradayactivity', 'getintradayactivity'])
  })

  it('crosses a change of clocks with nothing twice and nothing missing', async () => {
    const from = at('2026-10-24T12:00:00Z')
    const each = Array.from({ length: 72 }, (_, index) => from + index * hour)
    const plan = spanOf({ startDate: from, endDate: from + 72 * hour - 1 })
    ;(await new Cloud().count(...each).times(plan)).should.eql(each)
  })

  it('says BAD_ANSWER where a slice cannot be read', async () => {
    const { context } = new Cloud()
    const broken = { ...context, call: () => Promise.resolve({ series: null }) }
    await all(syncIntraday(broken, { query: spanOf({ startDate: now - hour }) })).should.be.rejectedWith({
      code: 'BAD_ANSWER'
    })
  })
})

describe('new samples', () => {
  it('are each given once: those since the last one, late ones, and changed ones again', async () => {
    const cloud = new Cloud().count(now - 26 * hour, now - 20 * hour, now - hour)
    const first = await all(cloud.run(fresh(2)))
    timesOf(first).should.eql([now - 26 * hour, now - 20 * hour, now - hour])
    cloud.count(now - 19 * hour, now - 60)
    cloud.samples.set(now - 20 * hour, { deviceid: 'watch', steps: 11 })
    const second = await all(cloud.run(fresh(2), cursorOf(first)))
    timesOf(second).should.eql([now - 20 * hour, now - 19 * hour, now - 60])
    const third = await all(cloud.run(fresh(2), cursorOf(second)))
    timesOf(third).should.eql([])
    should(cursorOf(third)).be.undefined()
  })

  it('are looked for a day behind the last one, but never before the first run began', async () => {
    const cloud = new Cloud().count(now - 2 * day + hour, now - hour)
    const cursor = cursorOf(await all(cloud.run(fresh(2))))!
    cursor.should.match({ userId: '12', since: now - 2 * day, upTo: now - hour })
    await cloud.times(fresh(2), cursor)
    cloud.spans.should.have.length(4)
    cloud.spans[2]![0].should.equal(now - hour - day)
    const young = new Cloud().count(now - 60)
    const since = cursorOf(await all(young.run(fresh(0.5))))!
    young.count(now - day + hour)
    ;(await young.times(fresh(0.5), since)).should.eql([])
    young.spans[1]![0].should.equal(now - day / 2)
  })

  it('are kept track of slice by slice, so that a failure repeats nothing', async () => {
    const cloud = new Cloud().count(now - 3 * day + 1, now - 2 * day + 1, now - 1)
    const slices = cloud.run(fresh(3))
    const sent = [(await slices.next()).value as SampleSlice, (await slices.next()).value as SampleSlice]
    timesOf(sent).should.eql([now - 3 * day + 1, now - 2 * day + 1])
    ;(await cloud.times(fresh(3), cursorOf(sent))).should.eql([now - 1])
  })

  it('have a cursor of some kilobytes even when every minute of a day was measured', async () => {
    const minutes = Array.from({ length: 2880 }, (_, index) => now - 60 * (index + 1))
    const cloud = new Cloud().count(...minutes)
    const cursor = cursorOf(await all(cloud.run(fresh(2))))!
    JSON.stringify(cursor).length.should.be.belowOrEqual(10_500)
    unpackDelivered(cursor.delivered).size.should.be.within(1440, 1441)
    ;(await cloud.times(fresh(2), cursor)).should.eql([])
  })

  it('are found again after a cursor from the future, of a clock that once ran ahead', async () => {
    const cloud = new Cloud().count(now - 2 * hour)
    const year = 365 * day
    const ahead: SampleCursor = {
      userId: '12',
      since: now + year - 3 * day,
      upTo: now + year,
      complete: now + year,
      delivered: ''
    }
    const slices = await all(cloud.run(fresh(3), ahead))
    slices.flatMap(({ samples }) => samples.map(({ time }) => time)).should.eql([now - 2 * hour])
    const { upTo, since, complete = 0 } = slices.at(-1)!.cursor ?? ahead
    for (const time of [upTo, since, complete]) time.should.not.be.above(now)
    cloud.count(now - hour)
    ;(await cloud.times(fresh(3), slices.at(-1)!.cursor)).should.eql([now - hour])
  })

  it('of a wrong date do not move the cursor into the future', () => {
    const delivered = new Map([
      [now - hour, 'aaaa'],
      [now + day, 'bbbb']
    ])
    nextSampleCursor({ userId: '12', since: now - day }, delivered, now).upTo.should.equal(now - hour)
  })

  it('of another user begin anew, and a damaged cursor costs repetition only', async () => {
    const cloud = new Cloud().count(now - hour)
    const cursor = cursorOf(await all(cloud.run(fresh(1))))!
    ;(await cloud.times(fresh(1), { ...cursor, userId: '13' })).should.eql([now - hour])
    for (const delivered of ['', '????', cursor.delivered.slice(0, 3), '0000zzzzzzzzzzzzzz'])
      (await cloud.times(fresh(1), { ...cursor, delivered })).should.eql([now - hour])
    for (const junk of [null, {}, { userId: '12', since: 'x', upTo: 1 }, [], 'text'])
      should(parseSampleCursor(junk)).be.undefined()
  })
})

describe('new samples after weeks without any', () => {
  const minutes = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => from + 60 * index)
  const requests = (cloud: Cloud) => cloud.asked.splice(0).length

  it('cost a user without a tracker one request a run', async () => {
    const cloud = new Cloud()
    const first = cursorOf(await all(cloud.run(fresh(30))))
    requests(cloud).should.equal(30)
    for (let week = 0; week < 3; week += 1) {
      await cloud.clock.advance(7 * day * 1000)
      ;(await cloud.times(fresh(30), first)).should.eql([])
      requests(cloud).should.equal(1)
    }
  })

  it('are those of the days that changed, when a tracker is worn again', async () => {
    const cloud = new Cloud().sync(...minutes(now - hour, 60))
    let cursor = cursorOf(await all(cloud.run(fresh(30))))!
    await cloud.clock.advance(20 * day * 1000)
    const idle = await all(cloud.run(fresh(30), cursor))
    timesOf(idle).should.eql([])
    cursor = cursorOf(idle)!
    requests(cloud)
    const [old, late] = [minutes(now + 9 * day, 60), minutes(now + 19 * day, 60)]
    cloud.sync(...old, ...late)
    const slices = await all(cloud.run(fresh(30), cursor))
    timesOf(slices).should.eql([...old, ...late])
    cloud.spans.should.eql([
      [at('2026-11-30T23:00:00Z'), at('2026-12-01T22:59:59Z')],
      [at('2026-12-10T23:00:00Z'), at('2026-12-11T22:59:59Z')]
    ])
    ;(await cloud.times(fresh(30), cursorOf(slices))).should.eql([])
  })

  it('of a first tracker are found, as far back as the first run reached', async () => {
    const cloud = new Cloud()
    const cursor = cursorOf(await all(cloud.run(fresh(30))))
    await cloud.clock.advance(2 * day * 1000)
    cloud.sync(now - 31 * day, now - 5 * day, now + day)
    ;(await cloud.times(fresh(30), cursor)).should.eql([now - 5 * day, now + day])
  })

  it('are looked for again after a run that was incomplete', async () => {
    const cloud = new Cloud()
    const cursor = cursorOf(await all(cloud.run(fresh(30))))
    await cloud.clock.advance(5 * day * 1000)
    cloud.sync(now + day)
    cloud.samples.set(now + day, [] as unknown as JsonObject)
    const broken = await all(cloud.run(fresh(30), cursor))
    broken.flatMap(({ problems }) => problems).should.have.length(1)
    should(cursorOf(broken)).be.undefined()
    cloud.count(now + day)
    ;(await cloud.times(fresh(30), cursor)).should.eql([now + day])
  })

  it('say which day of theirs cannot be read, and ask again for it', async () => {
    const cloud = new Cloud()
    const cursor = cursorOf(await all(cloud.run(fresh(30))))
    await cloud.clock.advance(5 * day * 1000)
    cloud.sync(now + day).changed.push({ date: 'x', modified: now + 5 * day })
    const slices = await all(cloud.run(fresh(30), cursor))
    timesOf(slices).should.eql([now + day])
    slices.flatMap(({ problems }) => problems).should.eql([{ place: 'activities[1]', id: 'x' }])
    should(cursorOf(slices)?.complete).equal(cursor!.complete)
  })
})
