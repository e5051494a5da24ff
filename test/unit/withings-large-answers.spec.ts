import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import should from 'should'
import { GladysWire } from '../../lib/gladys/wire'
import { axiosSend } from '../../lib/http'
import { DAYS, runActivity } from '../../lib/withings/activity-run'
import { dayFormat } from '../../lib/withings/getactivity'
import { asNumber, type JsonObject } from '../../lib/withings/json'
import { runMeasures } from '../../lib/withings/measures-run'
import { nextOffset } from '../../lib/withings/paging'
import type { RowSource } from '../../lib/withings/row'
import { parseRowsPage } from '../../lib/withings/rows-page'
import { runRows } from '../../lib/withings/rows-run'
import { FakeClock } from '../support/fake-clock'
import { watchTurns } from '../support/turns'

const MB = 1024 * 1024

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

  const get = (largest?: number) =>
    axiosSend(undefined, largest)({ method: 'GET', url, headers: {} }, new AbortController().signal)

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
    const wire = new GladysWire({
      root: url.slice(0, -1),
      send: axiosSend(undefined, 8),
      clock: new FakeClock(),
      signal: new AbortController().signal
    })
    await wire
      .call('GET', '/device')
      .should.be.rejectedWith({ code: 'GLADYS_REFUSED', message: /an answer of more than 8 MB/ })
  })

  it('is taken up to the limit', async () => {
    size = 4 * MB
    ;(await get()).body.length.should.equal(4 * MB)
    size = 8 * MB
    ;(await get(8)).body.length.should.equal(8 * MB)
  })
})

describe('a list that is longer than any real one', () => {
  const clock = new FakeClock()
  const options = { priority: 'poll' } as const
  const everything = { kind: 'new', days: 0 } as const
  const answering = (body: JsonObject) => ({ call: () => Promise.resolve(body) })

  it('may be nothing but bad rows: a hundred are named, the others are one', async () => {
    const bad = Array.from({ length: 300_000 }, () => ({ 34: 1 }))
    const measures = await runMeasures(
      answering({ measuregrps: bad }),
      '12',
      { ...everything, types: [] },
      undefined,
      clock,
      options
    )
    const asking = { client: answering({ activities: bad }), userId: '12', clock, options }
    const days = await runActivity(asking, DAYS, everything, undefined)
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
    const { rows } = await runMeasures(answering(body), '12', plan, undefined, clock, options)
    rows[0]!.readings.should.have.length(90_000)
  })

  it('does not hold up the process while it is read', async () => {
    const turns = watchTurns()
    const activities = Array.from({ length: 60_000 }, () => ({
      date: '2026-11-22',
      timezone: 'Europe/Paris'
    }))
    await parseRowsPage({ activities }, 0, dayFormat('12', 1_790_000_000))
    turns().count.should.be.above(2)
  })

  it('ends, however long Withings says that there is more', async () => {
    let pages = 0
    const source: RowSource<{ id: string; modified: number; readings: [] }> = {
      page: (_filter, offset) => {
        pages += 1
        const rows = [{ id: String(offset), modified: 1, readings: [] as [] }]
        return Promise.resolve({ rows, updatetime: 1, next: offset + 1, problems: [] })
      },
      span: () => ({}),
      changed: () => ({}),
      overlap: 0,
      order: () => 0
    }
    const plan = { kind: 'span', from: 0, until: undefined } as const
    const { rows, problems } = await runRows(source, '12', plan, undefined, new FakeClock())
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
    const source: RowSource<{ id: string; modified: number; readings: [] }> = {
      page: () => Promise.resolve({ rows: [], updatetime: now, next: undefined, problems: [] }),
      span: () => ({}),
      changed: since => {
        asked.push(since)
        return {}
      },
      overlap: 60,
      order: () => 0
    }
    const ahead = { userId: '12', upTo: now + 365 * 86_400, delivered: [] as [string, number][] }
    const { cursor } = await runRows(source, '12', { kind: 'new', days: 30 }, ahead, clock)
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
