import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import type { MeasureGroup } from '../../../../lib/withings/measures/decode'
import { selectReadings } from '../../../../lib/withings/measures/messages'
import { type MeasuresQuery, measuresQueryOf, syncMeasures } from '../../../../lib/withings/measures/sync'
import { type Cursor, parseCursor } from '../../../../lib/withings/sync/cursor'
import type { SyncResult } from '../../../../lib/withings/sync/sync'
import { contextOf } from '../../../support/context'
import { FakeClock } from '../../../support/fake-clock'

const hour = 3600
const day = 86_400
const clock = new FakeClock()
const now = clock.now() / 1000
const everything: MeasuresQuery = { kind: 'span', types: [], from: 0, until: undefined }
const fresh: MeasuresQuery = { kind: 'new', types: [], days: 30 }

const at = (iso: string): number => Date.parse(`${iso}Z`) / 1000

/** A group with one weight; `age` in seconds. */
function group(grpid: number, age: number, changes: JsonObject = {}): JsonObject {
  const date = now - age
  return {
    grpid,
    date,
    created: date,
    modified: date,
    measures: [{ type: 1, value: grpid, unit: 0 }],
    ...changes
  }
}

/** Answers one call after the other with the next body, and remembers what was asked. */
class ScriptedClient {
  readonly asked: ApiRequest[] = []

  constructor(private readonly bodies: (JsonObject | Error)[]) {}

  call(request: ApiRequest): Promise<JsonObject> {
    this.asked.push(request)
    const body = this.bodies[this.asked.length - 1] ?? new Error('asked too often')
    return body instanceof Error ? Promise.reject(body) : Promise.resolve(body)
  }

  get params(): Readonly<Record<string, string>>[] {
    return this.asked.map(({ params }) => params)
  }
}

const body = (measuregrps: unknown[], more: JsonObject = {}): JsonObject => ({
  updatetime: now,
  measuregrps,
  ...more
})
const ids = ({ rows }: Pick<SyncResult<MeasureGroup>, 'rows'>): number[] => rows.map(({ id }) => Number(id))

/** The cursor as it comes back from the settings. */
const stored = (cursor: Cursor | undefined): Cursor =>
  parseCursor(JSON.parse(JSON.stringify(cursor))) as Cursor

async function run(
  bodies: (JsonObject | Error)[],
  plan: MeasuresQuery = fresh,
  cursor?: Cursor,
  at = clock
): Promise<SyncResult<MeasureGroup> & { client: ScriptedClient }> {
  const client = new ScriptedClient(bodies)
  const result = await syncMeasures(contextOf(client, at), { query: plan, stored: cursor })
  return { ...result, client }
}

describe('a run that reads pages', () => {
  it('follows three pages, sorts them, and takes each group once', async () => {
    const { client, ...result } = await run(
      [
        body([group(3, 300), group(1, 500)], { more: 1, offset: 2 }),
        body([group(2, 400), group(3, 300)], { more: true, offset: 4, updatetime: now + 5 }),
        body([group(5, 100), group(4, 100), group(1, 500)], { more: 0, offset: 7 })
      ],
      everything
    )
    ids(result).should.eql([1, 2, 3, 4, 5])
    client.params.map(({ offset }) => offset).should.eql([undefined, '2', '4'])
    client.params.map(({ offset: _, ...rest }) => rest).should.eql(Array(3).fill(client.params[0]))
    client.asked.map(({ path, scope }) => [path, scope])[0]!.should.eql(['/measure', 'user.metrics'])
  })

  it('takes the newer state of a group that was changed between two pages', async () => {
    const edited = group(1, 500, { modified: now, measures: [{ type: 1, value: 99, unit: 0 }] })
    for (const pages of [
      [[group(1, 500)], [edited]],
      [[edited], [group(1, 500)]]
    ]) {
      const { rows: groups } = await run(
        [body(pages[0]!, { more: 1, offset: 1 }), body(pages[1]!)],
        everything
      )
      groups.map(({ readings }) => readings[0]!.value).should.eql([99])
    }
  })

  it('gives nothing at all when the second page fails', async () => {
    const gone = new Error('gone')
    await run([body([group(1, 500)], { more: 1, offset: 1 }), gone]).should.be.rejectedWith(gone)
  })

  it('ends at an offset that does not grow, and says that something is missing', async () => {
    const stuck = body([group(1, 500)], { more: 1, offset: 2 })
    const { rows: groups, problems, cursor } = await run([stuck, stuck])
    groups.should.have.length(1)
    problems.should.eql([{ place: 'offset' }])
    cursor!.upTo.should.equal(0)
  })

  const filters: [string, MeasuresQuery, Record<string, string>][] = [
    ['everything', everything, { startdate: '1', enddate: String(now + day) }],
    ['a span', { ...everything, from: 100, until: 200 }, { startdate: '100', enddate: '200' }],
    ['what is new, at first', fresh, { startdate: String(now - 30 * day), enddate: String(now + day) }],
    [
      'what is new, at first everything',
      { ...fresh, days: 0 },
      { startdate: '1', enddate: String(now + day) }
    ],
    [
      'what lies beyond tomorrow',
      { ...everything, from: now + 9 * day },
      { startdate: String(now + 9 * day), enddate: String(now + 9 * day) }
    ],
    [
      'what is new of a part of a day',
      { ...fresh, days: 0.123456 },
      { startdate: String(now - 10_667), enddate: String(now + day) }
    ],
    ['what was before all time', { ...everything, until: 0 }, { startdate: '1', enddate: '1' }],
    [
      'types',
      { ...everything, from: 1, until: 2, types: ['weight', 'spo2', 'measure_300'] },
      { startdate: '1', enddate: '2', meastypes: '1,54,300' }
    ],
    [
      'fat-free mass, and what tells whether it was measured',
      { ...everything, from: 1, until: 2, types: ['fat_free_mass', 'fat_mass'] },
      { startdate: '1', enddate: '2', meastypes: '5,8,6' }
    ]
  ]
  for (const [name, plan, params] of filters)
    it(`asks for ${name}`, async () => {
      const { client } = await run([body([])], plan)
      client.params.should.eql([{ action: 'getmeas', category: '1', ...params }])
    })

  const namedDays: [string, object, string, string][] = [
    [
      'Pacific/Auckland',
      { startDate: '2026-11-22', endDate: '2026-11-22' },
      '2026-11-21T11:00',
      '2026-11-22T10:59'
    ],
    [
      'Pacific/Pago_Pago',
      { startDate: '2026-11-22', endDate: '2026-11-22' },
      '2026-11-22T11:00',
      '2026-11-23T10:59'
    ],
    [
      'Europe/Paris',
      { startDate: '2026-10-24', endDate: '2026-10-25' },
      '2026-10-23T22:00',
      '2026-10-25T22:59'
    ],
    [
      'Pacific/Auckland',
      { startDate: '2026-11-22', endDate: '2026-11-22T05:00Z' },
      '2026-11-21T11:00',
      '2026-11-22T05:00'
    ]
  ]
  for (const [timezone, message, first, last] of namedDays)
    it(`finds what was measured in ${timezone} on the days of ${JSON.stringify(message)}`, async () => {
      const [from, until] = [at(first), at(last)]
      const groups = [from - 1, from, until, until + 60].map((date, index) => group(index + 1, now - date))
      // As Withings does.
      const call = ({ params }: ApiRequest) => {
        const [start, end] = [Number(params.startdate), Number(params.enddate)]
        const found = groups.filter(({ date }) => Number(date) >= start && Number(date) <= end)
        return Promise.resolve(body(found, { timezone }))
      }
      const plan = measuresQueryOf({ types: [], mode: 'new', days: 30 }, message, clock.now())
      const result = await syncMeasures(contextOf({ call }, clock), { query: plan })
      ids(result).should.eql([2, 3])
    })

  it('takes the day of a traveller from the group, and that of a group in no known zone from the person', async () => {
    const date = at('2026-11-22T22:30')
    const zones = ['Asia/Tokyo', 'America/New_York', 'Mars/Olympus', undefined, 7]
    const groups = zones.map((timezone, index) => group(index + 1, now - date, { timezone }))
    for (const [message, expected] of [
      [{ startDate: '2026-11-22', endDate: '2026-11-22' }, [2, 3, 4, 5]],
      [{ startDate: '2026-11-23', endDate: '2026-11-23' }, [1]]
    ] as const) {
      const plan = measuresQueryOf({ types: [], mode: 'new', days: 30 }, message, clock.now())
      ids(await run([body(groups, { timezone: 'America/Chicago' })], plan)).should.eql(expected)
    }
  })

  it('gives the readings of all groups with one id, each with its own date, and equal ones once', async () => {
    const fat = { type: 6, value: 20, unit: 0 }
    const twins = [
      group(7, 900, { modified: now - 50 }),
      group(7, 900, { measures: [{ type: 1, value: 7, unit: 0 }, fat] }),
      group(8, 600),
      group(7, 300, { modified: now - 200 })
    ]
    const { rows, cursor } = await run([body(twins)])
    rows
      .map(({ id, modified }) => [id, now - modified])
      .should.eql([
        ['7', 50],
        ['8', 600]
      ])
    const delivery = { types: [], device: '', ambiguous: 'exclude', units: 'metric' } as const
    const { readings } = selectReadings(rows, delivery)
    readings
      .map(({ value, date }) => `${String(value)}, ${now - at(date.slice(0, -1))} s ago`)
      .should.eql(['7, 900 s ago', '20, 900 s ago', '8, 600 s ago', '7, 300 s ago'])
    ids(await run([body(twins)], fresh, stored(cursor))).should.eql([])
  })

  it('takes the days of a message by each of the groups with one id', async () => {
    const twins = [group(7, now - at('2026-11-21T12:00')), group(7, now - at('2026-11-22T02:00'))]
    const message = { startDate: '2026-11-22', endDate: '2026-11-22' }
    const plan = measuresQueryOf({ types: [], mode: 'new', days: 30 }, message, clock.now())
    const { rows } = await run([body(twins)], plan)
    rows.flatMap(({ readings }) => readings.map(({ date }) => date)).should.eql(['2026-11-22T02:00:00.000Z'])
  })

  it('leaves the cursor alone outside of "new"', async () => {
    const cursor = { userId: '12', upTo: now, delivered: [['1', now - 500]] as [string, number][] }
    const result = await run([body([group(1, 500)])], everything, cursor)
    should(result.cursor).be.undefined()
    ids(result).should.eql([1])
  })
})

describe('a run for what is new', () => {
  it('remembers the server time, and what the overlap will show again', async () => {
    const { cursor } = await run([body([group(1, 500), group(2, 2 * hour), group(3, hour)])])
    cursor!.should.eql({
      userId: '12',
      upTo: now,
      delivered: [
        ['3', now - hour],
        ['1', now - 500]
      ]
    })
  })

  it('takes the time of the first page: later ones may have missed a change', async () => {
    const pages = [
      body([group(1, 500)], { more: 1, offset: 1 }),
      body([group(2, 400)], { updatetime: now + 60 })
    ]
    const { cursor } = await run([...pages, ...pages])
    cursor!.upTo.should.equal(now)
  })

  it('reads several pages again, for a row removed in between lets another one slip past', async () => {
    const { client, ...result } = await run([
      body([group(1, 500), group(2, 400)], { more: 1, offset: 2 }),
      body([group(4, 200)]),
      body([group(2, 400), group(3, 300)], { more: 1, offset: 2 }),
      body([group(4, 200)]),
      body([group(2, 400), group(3, 300)], { more: 1, offset: 2 }),
      body([group(4, 200)])
    ])
    ids(result).should.eql([1, 2, 3, 4])
    result.cursor!.upTo.should.equal(now)
    new Set(client.params.map(params => JSON.stringify(params))).size.should.equal(6)
  })

  it('does not move on while each reading shows something else', async () => {
    const pages = [1, 2, 3, 4].flatMap(pass => [
      body([group(pass, 500)], { more: 1, offset: 1 }),
      body([group(9, 400)])
    ])
    const { cursor, ...result } = await run(pages)
    ids(result).length.should.equal(5)
    cursor!.upTo.should.equal(0)
  })

  it('looks back an hour, and gives no group twice', async () => {
    const { cursor } = await run([body([group(1, 500)])])
    const { client, ...second } = await run([body([group(1, 500), group(2, 10)])], fresh, cursor)
    client.params.should.eql([{ action: 'getmeas', category: '1', lastupdate: String(now - hour) }])
    ids(second).should.eql([2])
    ids(await run([body([group(1, 500), group(2, 10)])], fresh, second.cursor)).should.eql([])
  })

  it('gives an edited group again, as a whole, once', async () => {
    const { cursor } = await run([body([group(1, 500)])])
    const measures = [
      { type: 1, value: 5, unit: 0 },
      { type: 6, value: 2, unit: 0 }
    ]
    const edited = group(1, 500, { modified: now - 60, measures })
    const second = await run([body([edited])], fresh, cursor)
    second.rows.map(({ readings }) => readings.map(({ value }) => value)).should.eql([[5, 2]])
    ids(await run([body([edited])], fresh, second.cursor)).should.eql([])
  })

  it('gives an old group that was edited, long after it left the overlap', async () => {
    const cursor = { userId: '12', upTo: now - 7 * day, delivered: [] }
    ids(await run([body([group(1, 90 * day, { modified: now })])], fresh, cursor)).should.eql([1])
  })

  it('stays where it was while something cannot be read, and repeats nothing meanwhile', async () => {
    const before = { userId: '12', upTo: now - day, delivered: [] }
    const broken = group(9, 50, { measures: null })
    const first = await run([body([group(1, 500), broken])], fresh, before)
    first.problems.should.eql([{ place: 'measuregrps[1]', id: '9' }])
    first.cursor!.should.eql({ ...before, delivered: [['1', now - 500]], unreadable: [['9', now]] })
    const second = await run([body([group(1, 500), group(9, 50)])], fresh, first.cursor)
    ids(second).should.eql([9])
    second.cursor!.upTo.should.equal(now)
  })

  it('waits a day for what cannot be read, then goes on without it', async () => {
    const before = { userId: '12', upTo: now - day, delivered: [] }
    const later = (seconds: number, groups: unknown[], cursor?: Cursor) => {
      const answer = body(groups, { updatetime: now + seconds })
      return run([answer], fresh, cursor, new FakeClock((now + seconds) * 1000))
    }
    const [one, other] = [group(9, 50, { measures: null }), group(8, 40, { measures: null })]
    const first = await later(0, [one], before)
    const second = await later(day - 1, [null, one, group(1, 500)], stored(first.cursor))
    second.cursor!.should.match({ upTo: now - day, delivered: [['1', now - 500]] })
    const third = await later(day, [one, null], stored(second.cursor))
    third.cursor!.upTo.should.equal(now - day)
    const fourth = await later(2 * day - 1, [null, group(2, 30), one], stored(third.cursor))
    ids(fourth).should.eql([2])
    fourth.problems.should.have.length(2)
    fourth.cursor!.upTo.should.equal(now + 2 * day - 1)
    const fifth = await later(2 * day, [one, other], stored(fourth.cursor))
    fifth.cursor!.should.match({
      upTo: now + 2 * day - 1,
      unreadable: [
        ['9', now],
        ['8', now + 2 * day]
      ]
    })
    const sixth = await later(2 * day + 60, [], stored(fifth.cursor))
    sixth.cursor!.should.eql({ userId: '12', upTo: now + 2 * day + 60, delivered: [] })
  })

  it('remembers a hundred things that cannot be read, and waits for more of them just as long', async () => {
    const groups = Array.from({ length: 250 }, (_, index) => group(index + 1, 50, { measures: null }))
    const { cursor } = await run([body(groups)])
    cursor!.unreadable!.should.have.length(101)
    const early = await run([body(groups)], fresh, stored(cursor), new FakeClock((now + day - 1) * 1000))
    early.cursor!.upTo.should.equal(0)
    const late = await run([body(groups)], fresh, stored(early.cursor), new FakeClock((now + day) * 1000))
    late.cursor!.upTo.should.equal(now)
  })

  it('waits no longer for what was seen in the future, by a clock that was wrong', async () => {
    const cursor: Cursor = { userId: '12', upTo: 0, delivered: [], unreadable: [['9', now + 900 * day]] }
    const result = await run([body([group(9, 50, { measures: null })])], fresh, cursor)
    result.cursor!.unreadable!.should.eql([['9', now]])
  })

  it('gives a group once whose change is dated before its creation', async () => {
    const late = group(1, 40 * day, { created: now - 100, modified: now - 40 * day })
    const first = await run([body([late, group(2, 50)])], { ...fresh, days: 0 })
    first.rows[0]!.readings[0]!.modified.should.equal(new Date((now - 40 * day) * 1000).toISOString())
    ids(await run([body([late])], fresh, first.cursor)).should.eql([])
  })

  it('gives a group once that Withings lists again and again, however old it seems', async () => {
    const cursor = { userId: '12', upTo: now - day, delivered: [] }
    const old = group(1, 90 * day)
    const first = await run([body([old])], fresh, cursor)
    ids(first).should.eql([1])
    const second = await run([body([old])], fresh, first.cursor)
    ids(second).should.eql([])
    ids(await run([body([old])], fresh, second.cursor)).should.eql([])
    ;(await run([body([])], fresh, second.cursor)).cursor!.delivered.should.eql([])
  })

  it('asks for the first days again when the very first run was incomplete', async () => {
    const first = await run([body([group(1, 500), null])])
    const { client, ...second } = await run([body([group(1, 500), group(2, 400)])], fresh, first.cursor)
    client.params[0]!.should.have.property('startdate', String(now - 30 * day))
    ids(second).should.eql([2])
  })

  it('stays without a server time', async () => {
    const before = { userId: '12', upTo: now - day, delivered: [] }
    const { cursor } = await run([body([], { updatetime: false })], fresh, before)
    cursor!.upTo.should.equal(now - day)
  })

  it('never goes back', async () => {
    const before = { userId: '12', upTo: now, delivered: [] }
    const { cursor } = await run([body([], { updatetime: now - 5 * day })], fresh, before)
    cursor!.upTo.should.equal(now)
  })

  it('loses no change after a server time from the future', async () => {
    const before = { userId: '12', upTo: now - day, delivered: [] }
    const { cursor } = await run([body([group(1, 500)], { updatetime: now + 3650 * day })], fresh, before)
    const { client, ...second } = await run([body([group(1, 500), group(2, 10)])], fresh, cursor)
    client.params[0]!.lastupdate!.should.equal(String(now - hour))
    ids(second).should.eql([2])
  })

  it('begins anew for another user', async () => {
    const ofOther = { userId: '13', upTo: now, delivered: [['1', now - 500]] as [string, number][] }
    const { client, ...result } = await run([body([group(1, 500)])], fresh, ofOther)
    client.params[0]!.should.have.property('startdate')
    ids(result).should.eql([1])
    result.cursor!.userId.should.equal('12')
  })
})
