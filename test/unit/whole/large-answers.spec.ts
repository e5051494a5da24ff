import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import should from 'should'
import { axiosSend } from '../../../lib/base/http'
import { asNumber, type JsonObject } from '../../../lib/base/json'
import { GladysClient } from '../../../lib/gladys/http/client'
import { daysSource } from '../../../lib/withings/activity/sync'
import type { ApiRequest } from '../../../lib/withings/api/client'
import { syncMeasures } from '../../../lib/withings/measures/sync'
import type { RowSource } from '../../../lib/withings/sync/row'
import { nextOffset, sync } from '../../../lib/withings/sync/sync'
import { contextOf } from '../../support/context'
import { FakeClock } from '../../support/fake-clock'
import { watchTurns } from '../../support/turns'

const MB = 1024 * 1024

/** A list of rows that have an id and a change. */
const LIST = {
  request: { path: '/measure', params: {}, scope: 'user.metrics' },
  list: 'rows',
  decode: ({ id, modified }: JsonObject) => ({ id: String(id), modified: Number(modified) }),
  idOf: () => undefined
} as const

describe('an answer that is too large', () => {
  let server: Server
  let url: string
  /** Of each answer, in bytes; Infinity never ends. */
  let size = 0
  let ended: Promise<unknown>
  let packed = false

  before(async () => {
    const chunk = Buffer.alloc(64 * 1024, ' ')
    server = createServer((_req, res) => {
      ended = once(res, 'close')
      if (packed) {
        res.writeHead(200, { 'content-encoding': 'gzip' })
        return void res.end(gzipSync(Buffer.alloc(size)))
      }
      let left = size
      const write = (): void => {
        while (left > 0 && !res.destroyed) {
          left -= chunk.length
          if (!res.write(chunk)) return void res.once('drain', write)
        }
        res.end()
      }
      write()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  after(() => server.close().closeAllConnections())

  const get = (largest = 4) =>
    axiosSend(undefined, { largest })({ method: 'GET', url, headers: {} }, new AbortController().signal)

  it('is refused as soon as it is, and the connection ended', async () => {
    size = Infinity
    await get().should.be.rejectedWith({
      code: 'BAD_ANSWER',
      details: { detail: 'an answer of more than 4 MB' }
    })
    await ended
  })

  it('is not unpacked either', async () => {
    packed = true
    size = 64 * MB
    await get().should.be.rejectedWith({ code: 'BAD_ANSWER' })
    packed = false
  })

  it('of Gladys is refused as Gladys, and says so', async () => {
    size = 9 * MB
    const wire = new GladysClient({
      root: url.slice(0, -1),
      send: axiosSend(undefined, { largest: 8 }),
      clock: new FakeClock(),
      signal: new AbortController().signal
    })
    await wire
      .call('GET', '/device')
      .should.be.rejectedWith({ code: 'GLADYS_REFUSED', message: /an answer of more than 8 MB/ })
  })

  it('is taken up to the limit', async () => {
    size = 4 * MB
    ;(await get()).text.length.should.equal(4 * MB)
    size = 8 * MB
    ;(await get(8)).text.length.should.equal(8 * MB)
  })
})

describe('a list that is longer than any real one', () => {
  const clock = new FakeClock()
  const everything = { kind: 'new', days: 0 } as const
  const answering = (body: JsonObject) => ({ call: () => Promise.resolve(body) })

  it('may be nothing but bad rows: a hundred are named, the others are one', async () => {
    const bad = Array.from({ length: 300_000 }, () => ({ 34: 1 }))
    const plan = { ...everything, types: [] }
    const measures = await syncMeasures(contextOf(answering({ measuregrps: bad }), clock), { query: plan })
    const context = contextOf(answering({ activities: bad }), clock)
    const days = await sync(context, daysSource(context), { query: everything })
    for (const { problems, cursor } of [measures, days]) {
      problems.should.have.length(101)
      problems[100]!.should.eql({ place: 'others' })
      cursor!.unreadable!.should.have.length(2)
    }
  })

  it('may be one group of very many measures', async () => {
    const measures = Array.from({ length: 100_000 }, (_, value) => ({
      type: 1,
      unit: 0,
      value: value % 90_000
    }))
    const body = { measuregrps: [{ grpid: 1, date: 1_790_000_000, measures }] }
    const plan = { ...everything, types: [] }
    const { rows } = await syncMeasures(contextOf(answering(body), clock), { query: plan })
    rows[0]!.readings.should.have.length(90_000)
  })

  it('does not hold up the process while it is read', async () => {
    const turns = watchTurns()
    const activities = Array.from({ length: 60_000 }, () => ({
      date: '2026-11-22',
      timezone: 'Europe/Paris'
    }))
    const context = contextOf(answering({ activities }), clock)
    await sync(context, daysSource(context), { query: { kind: 'span', from: 0, until: undefined } })
    turns().count.should.be.above(2)
  })

  it('ends, however long Withings says that there is more', async () => {
    let pages = 0
    const call = ({ params }: ApiRequest) => {
      pages += 1
      const offset = Number(params.offset ?? 0)
      return Promise.resolve({ rows: [{ id: offset, modified: 1 }], more: true, offset: offset + 1 })
    }
    const source: RowSource<{ id: string; modified: number }> = {
      ...LIST,
      span: () => ({}),
      changed: () => ({}),
      overlap: 0,
      order: () => 0
    }
    const plan = { kind: 'span', from: 0, until: undefined } as const
    const { rows, problems } = await sync(contextOf({ call }, clock), source, { query: plan })
    pages.should.equal(500)
    rows.length.should.equal(500)
    problems.should.eql([{ place: 'offset' }])
    should(nextOffset({ more: 1, offset: 1_000_000 }, 999_900, 100)).equal('stuck')
  })
})

describe('a cursor that lies ahead of the clock', () => {
  it('is as good as one of now, so that what happens next is not hidden until then', async () => {
    const clock = new FakeClock()
    const now = clock.now() / 1000
    const asked: number[] = []
    const context = contextOf({ call: () => Promise.resolve({ rows: [], more: false }) }, clock)
    const source: RowSource<{ id: string; modified: number }> = {
      ...LIST,
      updatetime: () => now,
      span: () => ({}),
      changed: since => {
        asked.push(since)
        return {}
      },
      overlap: 60,
      order: () => 0
    }
    const ahead = { userId: '12', upTo: now + 365 * 86_400, delivered: [] as [string, number][] }
    const { cursor } = await sync(context, source, {
      query: { kind: 'new', days: 30 },
      stored: ahead
    })
    asked.should.eql([now - 60])
    cursor!.upTo.should.equal(now)
  })
})

describe('a number that is sent as text', () => {
  for (const text of ['0x10', '0b1', '0o7', '1e999', 'Infinity', '-Infinity', 'NaN', '1_000', '1,5', '', ' '])
    it(`is none as ${JSON.stringify(text)}`, () => should(asNumber(text)).be.undefined())

  for (const [text, number] of [
    ['82.05', 82.05],
    [' -7 ', -7],
    ['+1.5e3', 1500],
    ['.5', 0.5],
    ['3.', 3]
  ] as const)
    it(`is one as ${JSON.stringify(text)}`, () => should(asNumber(text)).equal(number))
})
