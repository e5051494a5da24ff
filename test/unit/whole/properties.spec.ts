import fc from 'fast-check'
import { performance } from 'node:perf_hooks'
import should from 'should'
import { CodedError } from '../../../lib/base/errors'
import { asObject } from '../../../lib/base/json'
import { parseGoals } from '../../../lib/withings/activity/activity'
import { dayFormat } from '../../../lib/withings/activity/days'
import { intradayOf } from '../../../lib/withings/activity/intraday'
import { parseSampleCursor, unpackDelivered } from '../../../lib/withings/activity/intraday-cursor'
import { workoutFormat } from '../../../lib/withings/activity/workouts'
import { parseEnvelope, unwrap } from '../../../lib/withings/api/envelope'
import { parseLoginForm } from '../../../lib/withings/auth/login-form'
import { pairOf } from '../../../lib/withings/auth/oauth'
import { parseTokens } from '../../../lib/withings/auth/token-manager'
import type { Device } from '../../../lib/withings/devices/devices'
import { parseDevices } from '../../../lib/withings/devices/devices'
import {
  explainTypes,
  parseSeenTypes,
  withDevices,
  withReadings
} from '../../../lib/withings/diagnostics/seen-types'
import { messagesOf, selectReadings } from '../../../lib/withings/measures/messages'
import { measuresQueryOf } from '../../../lib/withings/measures/sync'
import { parseCursor } from '../../../lib/withings/sync/cursor'
import { type Simulator, startSimulator } from '../../simulator'
import { exchange, getDevice, getMeas, redirectUri, sessionOf } from '../../simulator/raw-client'
import { decodedMeasures, decodedRows, decodedSamples } from '../../support/decoded'
import { parseInput } from '../../support/parse-input'

const metrics = { grantedScopes: ['user.metrics'], nodes: new Set<string>() }
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1500)
const MS_A_KILOBYTE = 50

type Decoder = (value: unknown) => unknown
const decoders: Record<string, Decoder> = {
  parseEnvelope: value => parseEnvelope({ httpStatus: 200, text: JSON.stringify(value) ?? '' }),
  unwrap,
  getmeas: value => decodedMeasures(asObject(value) ?? {}, '12', 0),
  'getmeas and what becomes messages of it': value => {
    const { rows: groups } = decodedMeasures(asObject(value) ?? {}, '12', 0)
    const delivery = { types: [], device: '', ambiguous: 'include', units: 'imperial' } as const
    const { readings } = selectReadings(groups, delivery)
    const outputs = ['each', 'batch', 'latest'] as const
    return outputs.map(output => messagesOf(readings, '12', output, ''))
  },
  parseDevices: value => parseDevices(asObject(value) ?? {}, '12'),
  'parseDevices and what is told about them': value => {
    const devices: Device[] = parseDevices(asObject(value) ?? {}, '12') ?? []
    return explainTypes(withDevices(undefined, devices), metrics)
  },
  parseArrivals: value => {
    const arrivals = parseSeenTypes(value)
    const { rows: groups } = decodedMeasures(asObject(value) ?? {}, '12', 0)
    const readings = groups.flatMap(group => group.readings)
    return [
      arrivals,
      withReadings(arrivals, readings),
      explainTypes(arrivals, { grantedScopes: [], nodes: new Set() })
    ]
  },
  dayFormat: value => decodedRows(asObject(value) ?? {}, dayFormat('12', 1_790_000_000)),
  workoutFormat: value => decodedRows(asObject(value) ?? {}, workoutFormat('12')),
  'samples and what is plotted of them': value =>
    intradayOf(decodedSamples(asObject(value) ?? {}, '12')?.samples ?? [], '12', 'imperial'),
  parseGoals: value => parseGoals(asObject(value) ?? {}, '12', '2026-11-22T07:00:00.000Z'),
  'the stored cursor of samples': value => [...unpackDelivered(parseSampleCursor(value)?.delivered ?? '')],
  planMeasures: value =>
    measuresQueryOf({ types: ['weight'], mode: 'new', days: 30 }, value, 1_790_000_000_000),
  parseLoginForm,
  'the token answer': value => pairOf(unwrap(value).body),
  'the stored cursor': parseCursor,
  'the stored login': parseTokens,
  parseInput
}

/** Names that mean something to a decoder or to JavaScript, which random text would hardly hit. */
const names = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'polluted'],
  ...['status', 'body', 'error', 'measuregrps', 'measures', 'grpid', 'date', 'modified', 'created', 'attrib'],
  ...[
    'activities',
    'series',
    'data',
    'timezone',
    'startdate',
    'enddate',
    'category',
    'goals',
    'weight',
    'id'
  ],
  ...['type', 'value', 'unit', 'position', 'more', 'offset', 'updatetime', 'devices', 'deviceid', 'model'],
  ...[
    'userid',
    'access_token',
    'refresh_token',
    'scope',
    'expires_in',
    'types',
    'mode',
    'startDate',
    'endDate'
  ],
  ...[
    'scopes',
    'callbackUrl',
    'region',
    'apiUrl',
    'userId',
    'upTo',
    'delivered',
    'accessToken',
    'refreshToken'
  ],
  ...['feature', 'device', 'battery', 'batteryLevel', 'id', 'lastSeen', 'heldBack', 'model_id', 'deviceId']
]
const leaves = fc.oneof(
  fc.constantFrom(
    0,
    -1,
    1,
    1e308,
    -1e308,
    5e-324,
    2 ** 53,
    8.64e12,
    1_790_000_000,
    '0',
    '1e999',
    '-0',
    ' ',
    ''
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'Constructor',
    'custom',
    'http://127.0.0.1',
    'weight',
    '2026-11-22'
  ),
  fc.constantFrom(null, true, false),
  fc.double(),
  fc.string()
)
const { known } = fc.letrec<{ known: unknown }>(tie => ({
  known: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    leaves,
    fc.array(tie('known'), { maxLength: 6 }),
    fc.array(fc.tuple(fc.constantFrom(...names), tie('known')), { maxLength: 6 }).map(ownProperties)
  )
}))

/** `__proto__` as JSON.parse gives it: a property like any other. */
function ownProperties(entries: [string, unknown][]): unknown {
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as unknown
}

/** `answer` with some of its parts replaced. */
function mutated(answer: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(answer, []).filter(path => path.length > 0)
  const change = fc.tuple(fc.constantFrom(...paths), fc.oneof(leaves, known))
  return fc
    .array(change, { minLength: 1, maxLength: 6 })
    .map(changes => changes.reduce((value, [path, part]) => replaced(value, path, part), answer))
}

/** The rows with one field of one of them replaced, and the number of that one. */
function withOneBadRow(rows: readonly unknown[]): fc.Arbitrary<[bad: number, rows: unknown[]]> {
  const spoiled = rows.map((row, bad) => {
    const paths = pathsOf(row, []).filter(path => path.length > 0)
    return fc
      .tuple(fc.constantFrom(...paths), fc.oneof(leaves, known))
      .map(([path, part]): [number, unknown[]] => [
        bad,
        rows.map((each, index) => (index === bad ? replaced(row, path, part) : each))
      ])
  })
  return fc.oneof(...spoiled)
}

function pathsOf(value: unknown, path: string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (String(index) === key ? replaced(item, rest, part) : item))
  }
  const object = asObject(value)
  return object ? { ...object, [key]: replaced(object[key], rest, part) } : value
}

/** Entries of a time and a sample → `series`, whatever they have become. */
function seriesOf(entries: readonly unknown[]): object {
  const pairs = entries.map(entry => {
    const [time, sample] = Array.isArray(entry) ? (entry as unknown[]) : [entry]
    return [typeof time === 'string' ? time : (JSON.stringify(time) ?? ''), sample] as const
  })
  return Object.fromEntries(pairs)
}

/** Whatever becomes of one field of a row, all other rows come out as they do without it. */
function standAlone(rows: readonly unknown[], parse: (rows: unknown[]) => unknown[]): void {
  parse([...rows]).length.should.be.above(2)
  fc.assert(
    fc.property(withOneBadRow(rows), ([bad, spoiled]) => {
      const found = parse(spoiled).map(row => JSON.stringify(row))
      const others = parse(rows.filter((_, index) => index !== bad)).map(row => JSON.stringify(row))
      found.filter(row => others.includes(row)).should.eql(others)
      found.length.should.be.belowOrEqual(others.length + 1)
    }),
    { numRuns: RUNS }
  )
}

/** Every object in it has its properties to itself, and none is a stranger. */
function check(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const prototype = Object.getPrototypeOf(value) as unknown
  const plain = prototype === Object.prototype || prototype === Array.prototype || prototype === null
  if (!plain) throw new Error(`a result with a prototype of its own: ${JSON.stringify(prototype)}`)
  Object.values(value).forEach(check)
}

function decode(decoder: Decoder, value: unknown): number {
  const from = performance.now()
  let result: unknown
  try {
    result = decoder(value)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
  }
  const took = performance.now() - from
  check(result)
  const polluted = ({} as { polluted?: unknown }).polluted
  if (polluted !== undefined) throw new Error('the prototype of all objects is polluted')
  return took
}

function holds(decoder: Decoder, value: unknown): void {
  const kilobytes = Math.max(1, (JSON.stringify(value) ?? '').length / 1024)
  // The best of three: what else the machine does is not the decoder's fault.
  for (let tries = 1; decode(decoder, value) > MS_A_KILOBYTE * kilobytes; tries += 1) {
    if (tries === 3) throw new Error(`slower than ${MS_A_KILOBYTE} ms a kilobyte`)
  }
}

describe('whatever a server, a flow or a disk gives', function () {
  this.timeout(120_000)
  let simulator: Simulator
  const answers: unknown[] = []

  before(async () => {
    simulator = await startSimulator({ years: 0.02, people: ['Ada'], pageSize: 8 })
    const code = simulator.grant({ userId: simulator.people[0]!.userId, redirectUri })
    const token = await exchange(simulator, code)
    const session = sessionOf(token)
    answers.push(token, await getMeas(simulator, session), await getDevice(simulator, session))
  })
  after(() => simulator.close())

  for (const [name, decoder] of Object.entries(decoders)) {
    it(`${name} takes any JSON, or refuses it with a code`, () => {
      fc.assert(
        fc.property(fc.oneof(fc.jsonValue(), known), value => holds(decoder, value)),
        { numRuns: RUNS }
      )
    })

    it(`${name} takes any spoiled answer, or refuses it with a code`, () => {
      const spoiled = answers.flatMap(answer => [mutated(answer), mutated(asObject(answer)?.body)])
      fc.assert(
        fc.property(fc.oneof(...spoiled), value => holds(decoder, value)),
        { numRuns: RUNS }
      )
    })
  }

  const lists: [string, string, (rows: unknown[]) => unknown[]][] = [
    ['measuregrps', 'grpid', rows => decodedMeasures({ measuregrps: rows }, '12', 0).rows],
    ['devices', 'deviceid', rows => parseDevices({ devices: rows }, '12')!]
  ]
  for (const [list, id, parse] of lists)
    it(`one absurd field in a row of ${list} leaves all other rows as they are`, () => {
      const bodies = answers.map(answer => asObject(asObject(answer)?.body)?.[list])
      const listed = bodies.find(Array.isArray) as Record<string, unknown>[]
      standAlone([...new Map(listed.map(row => [row[id], row])).values()], parse)
    })

  it('one absurd field in a day, a workout or a sample leaves all others as they are', () => {
    const { days, workouts, samples } = simulator.people[0]!.activity
    const plain = (rows: Iterable<unknown>) => JSON.parse(JSON.stringify([...rows].slice(-8))) as unknown[]
    standAlone(plain(days), rows => decodedRows({ activities: rows }, dayFormat('12', 1_790_000_000)).rows)
    standAlone(plain(workouts), rows => decodedRows({ series: rows }, workoutFormat('12')).rows)
    standAlone(plain(samples), rows => decodedSamples({ series: seriesOf(rows) }, '12')!.samples)
  })

  it('a name that every object has is the kind of no device', () => {
    const devices = parseDevices({ devices: [{ deviceid: 'a', type: 'Constructor', model: 'x' }] }, '12')!
    explainTypes(withDevices(undefined, devices), metrics)
      .filter(({ arrived }) => arrived)
      .should.eql([])
  })

  it('stored arrivals cannot change what an object is', () => {
    const stored: unknown = JSON.parse(
      '{"types":{"__proto__":{"date":"2026-11-22","polluted":1}},"devices":[]}'
    )
    const types = parseSeenTypes(stored)!.types
    should(Object.getPrototypeOf(types) === Object.prototype).be.true()
  })
})
