import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import { HEART_LIST } from '../../../../lib/withings/heart/ecg'
import { recordingsSource, STETHOSCOPE_LIST } from '../../../../lib/withings/heart/recordings'
import { findSignal } from '../../../../lib/withings/heart/signal'
import type { Cursor } from '../../../../lib/withings/sync/cursor'
import { type Query, queryOf } from '../../../../lib/withings/sync/query'
import { sync } from '../../../../lib/withings/sync/sync'
import { contextOf } from '../../../support/context'
import { FakeClock } from '../../../support/fake-clock'

const day = 86_400
const clock = new FakeClock()
const now = clock.now() / 1000
const fresh: Query = { kind: 'new', days: 30 }

function row(signalid: number, age: number, changes: JsonObject = {}): JsonObject {
  const timestamp = now - age
  return {
    deviceid: 'watch',
    model: 93,
    ecg: { signalid, afib: 0 },
    timestamp,
    modified: timestamp,
    ...changes
  }
}

/** A list that answers from its rows, by when they were recorded, as Withings does. */
class Lists {
  readonly asked: ApiRequest[] = []
  pageSize = 100

  constructor(public rows: JsonObject[]) {}

  call(request: ApiRequest): Promise<JsonObject> {
    this.asked.push(request)
    const { startdate, enddate, offset = '0' } = request.params
    const found = this.rows.filter(
      ({ timestamp }) => Number(timestamp) >= Number(startdate) && Number(timestamp) <= Number(enddate)
    )
    const end = Number(offset) + this.pageSize
    return Promise.resolve({
      series: found.slice(Number(offset), end),
      more: end < found.length,
      offset: end
    })
  }
}

const startOf = (days: number | undefined) => (days === undefined ? 1 : now - days * day)

function recordings(lists: Lists, plan: Query, stored?: Cursor, time = clock) {
  const context = contextOf(lists, time)
  return sync(context, recordingsSource(context, HEART_LIST, plan), { query: plan, stored })
}

async function run(lists: Lists, plan: Query = fresh, cursor?: Cursor) {
  const result = await recordings(lists, plan, cursor)
  return { ...result, ids: result.rows.map(({ recording }) => recording.signalId) }
}

describe('a run of recordings', () => {
  it('asks for what was recorded, never for what changed', async () => {
    const lists = new Lists([row(1, 100)])
    const { cursor } = await run(lists)
    await run(lists, fresh, cursor)
    lists.asked
      .map(({ params }) => params)
      .should.eql([
        { action: 'list', startdate: String(now - 30 * day), enddate: String(now + day) },
        { action: 'list', startdate: String(now - 30 * day), enddate: String(now + day) }
      ])
    lists.asked.map(({ path, scope }) => [path, scope])[0]!.should.eql(['/v2/heart', 'user.metrics'])
  })

  it('gives each recording once, oldest first, over several pages', async () => {
    const lists = new Lists([row(3, 100), row(1, 300), row(2, 200)])
    lists.pageSize = 1
    const { ids, cursor } = await run(lists)
    ids.should.eql(['1', '2', '3'])
    should((await run(lists, fresh, cursor)).ids).eql([])
  })

  it('finds what a watch sent weeks later, and sends nothing twice', async () => {
    const lists = new Lists([row(2, 100), row(1, 29 * day)])
    let { cursor } = await run(lists)
    lists.rows.push(row(3, 28 * day))
    const second = await run(lists, fresh, cursor)
    second.ids.should.eql(['3'])
    cursor = second.cursor
    should((await run(lists, fresh, cursor)).ids).eql([])
  })

  it('never asks for what lies before the first run', async () => {
    const lists = new Lists([row(1, 2 * day), row(2, 8 * day)])
    const week: Query = { kind: 'new', days: 7 }
    const { ids, cursor } = await run(lists, week)
    ids.should.eql(['1'])
    should((await run(lists, week, cursor)).ids).eql([])
    const all = await run(lists, { kind: 'new', days: 0 })
    all.ids.should.eql(['2', '1'])
    await run(lists, { kind: 'new', days: 0 }, all.cursor)
    const part: Query = { kind: 'new', days: 0.123456 }
    await run(lists, part, (await run(lists, part)).cursor)
    lists.asked
      .map(({ params }) => Number(params.startdate))
      .should.eql([7, 7, undefined, 30].map(startOf).concat(now - 10_667, now - 10_667))
  })

  it('sends an edited one again, also when the change is dated before the recording', async () => {
    const lists = new Lists([row(1, day), row(2, day + 1, { modified: now - 400 * day })])
    const { cursor } = await run(lists)
    should((await run(lists, fresh, cursor)).ids).eql([])
    lists.rows[0] = row(1, day, { modified: now - 60, ecg: { signalid: 1, afib: 1 } })
    const { ids, rows } = await run(lists, fresh, cursor)
    ids.should.eql(['1'])
    should(rows[0]?.recording.afib).equal('positive')
  })

  it('forgets the ids of recordings that no run can see again', async () => {
    const lists = new Lists([row(1, 29 * day), row(2, day)])
    const first = await run(lists)
    const later = new FakeClock(clock.now() + 3 * day * 1000)
    const after = (cursor: Cursor | undefined) => recordings(lists, fresh, cursor, later)
    const second = await after(first.cursor)
    const result = await after(second.cursor)
    ;[...second.rows, ...result.rows].should.eql([])
    should(result.cursor?.delivered.map(([id]) => id)).eql(['ecg 2'])
  })

  it('keeps asking where a row cannot be read', async () => {
    const lists = new Lists([row(1, day), row(2, 2 * day, { ecg: { signalid: 'x' } })])
    lists.call = () => Promise.resolve({ series: [...lists.rows, { ecg: { signalid: 9 } }], more: false })
    const { problems, cursor, ids } = await run(lists)
    problems.should.eql([{ place: 'series[2]', id: '9' }])
    ids.should.have.length(2)
    should(cursor?.upTo).equal(0)
  })

  it('takes dates of a message, and leaves the cursor alone', async () => {
    const lists = new Lists([row(1, 10 * day), row(2, day)])
    const { ids, cursor } = await run(lists, { kind: 'span', from: now - 11 * day, until: now - 9 * day })
    ids.should.eql(['1'])
    should(cursor).be.undefined()
  })

  it('takes the local days that a message names', async () => {
    const night = now - (now % day) - day
    const lists = new Lists([
      row(1, now - night + 14 * 3600, { timezone: 'Pacific/Auckland' }),
      row(2, now - night + 10 * 3600, { timezone: 'Pacific/Auckland' }),
      row(3, now - night - 3600),
      row(4, now - night - 23 * 3600),
      row(5, now - night - 30 * 3600, { timezone: 'Pacific/Pago_Pago' }),
      row(6, now - night - 36 * 3600, { timezone: 'Pacific/Pago_Pago' })
    ])
    const date = new Date(night * 1000).toISOString().slice(0, 10)
    const plan = queryOf({ mode: 'new', days: 30 }, { startDate: date, endDate: date }, clock.now())
    ;(await run(lists, plan)).ids.should.eql(['2', '3', '4', '5'])
  })

  it('reads the stethoscope at its own address', async () => {
    const lists = new Lists([{ hash_deviceid: 'beamo', signalid: 7, vhd: 0, timestamp: now - 60 }])
    const context = contextOf(lists, clock)
    const source = recordingsSource(context, STETHOSCOPE_LIST, fresh)
    const { rows } = await sync(context, source, { query: fresh })
    rows.map(({ recording }) => recording.signalId).should.eql(['7'])
    lists.asked.map(({ path }) => path).should.eql(['/v2/stetho'])
  })
})

describe('the newest ECG', () => {
  const newest = (lists: Lists) => findSignal(contextOf(lists, clock), {})

  it('is looked for in the last month, past recordings without a signal', async () => {
    const lists = new Lists([row(2, 200), row(3, 100, { ecg: undefined }), row(1, 300)])
    should((await newest(lists))?.signalId).equal('2')
    lists.asked.should.have.length(1)
    should((await newest(lists))?.source).match({ deviceId: 'watch', model: 'ScanWatch' })
  })

  it('is looked for in all that there is, where the last month has none', async () => {
    const lists = new Lists([row(2, 200 * day), row(1, 300 * day)])
    should((await newest(lists))?.signalId).equal('2')
    should(await newest(new Lists([]))).be.undefined()
  })
})
