import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonFile } from '../../../lib/base/json-file'
import { Announcer } from '../../../lib/gladys/discovery/announcer'
import { SentLedger } from '../../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../../lib/gladys/model/manual-days'
import type { Publication } from '../../../lib/gladys/model/states'
import { Outbox } from '../../../lib/gladys/outbox/outbox'
import { Sender, type SendReport } from '../../../lib/gladys/sender'
import { clockOf } from '../../support/fake-clock'
import { parseInput } from '../../support/parse-input'

const minute = 60_000
const year = 365 * 86_400_000
const start = Date.UTC(2026, 10, 22, 12)
/** As another version, or this one before a leap of the clock, has written it. */
const fileOf = (feature: string, of: number): string =>
  `${createHash('sha256').update(feature).digest('hex').slice(0, 32)}-${of}.log`

describe('a clock or a date that was ahead once', () => {
  let directory: string
  let sender: Sender
  let sent: Publication[]
  let time: number
  const clock = clockOf(() => time)

  function restart(): void {
    const onVolatile = (reason: string): void => {
      throw new Error(reason)
    }
    sender = new Sender({
      ledger: new SentLedger({ directory, onVolatile, clock }),
      announcer: new Announcer(join(directory, 'announced.json'), onVolatile),
      counters: new JsonFile(join(directory, 'days.json'), parseCounters, onVolatile),
      creator: undefined,
      pending: undefined,
      clock,
      outbox: hooks =>
        new Outbox({
          ...hooks,
          directory: join(directory, 'outbox'),
          onVolatile,
          onLost: count => onVolatile(`${count} lost`),
          rate: 10_000,
          clock,
          drained: () => undefined,
          publish: publication => {
            sent.push(publication)
            return Promise.resolve()
          }
        })
    })
    sender.outbox.brokerConnected()
  }
  const send = (...payload: object[]): Promise<SendReport> =>
    sender.send(parseInput(payload), {
      create: 'none',
      liveMinutes: 15,
      naming: { wording: (_key, fallback) => fallback, personOf: () => undefined }
    })
  const value = (number: number, date?: number): object => ({
    device: 'd',
    feature: 'f',
    value: number,
    ...(date === undefined ? {} : { date: new Date(date) })
  })
  const word = (text: string, date: number): object => ({
    ...{ type: 'workout_type', value: text, unit: null, userId: '12', deviceId: 'abc', model: 'Watch' },
    date: new Date(date)
  })
  const kinds = (): string[] => sent.map(({ topic }) => topic.split('/').at(-1) ?? '')

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-clock-'))
    sent = []
    time = start
    restart()
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const [name, between] of [
    ['at once', () => undefined],
    [
      'after a restart',
      () => {
        sender.close()
        restart()
      }
    ]
  ] as const) {
    it(`sends and dates values now, ${name}, although the clock was ten years ahead`, async () => {
      time = start + 10 * year
      await send(value(1))
      between()
      time = start + minute
      await send(value(2))
      time += minute
      await send(value(3))
      kinds().should.eql(['state', 'state', 'state'])
      sender.ledger.latest('f', 9).should.eql([
        { date: start + minute, value: 2 },
        { date: start + 2 * minute, value: 3 }
      ])
    })

    it(`sends values live, ${name}, although one was dated a year ahead`, async () => {
      await send(value(1, start + year))
      between()
      await send(value(2, start - minute))
      await send(value(3, start - 2 * minute))
      kinds().should.eql(['historical', 'state', 'historical'])
    })

    it(`sends words, ${name}, although some were dated a year ahead`, async () => {
      await send(word('Walk', start + year))
      between()
      await send(word('Yoga', start - minute))
      await send(word('Row', start - 2 * minute))
      await send(word('Run', start), word('Swim', start + year))
      sent.map(({ payload }) => payload).should.eql(['Walk', 'Yoga', 'Run'])
    })
  }

  it('sends values live although older records on disk lie ahead', async () => {
    sender.close()
    writeFileSync(join(directory, fileOf('f', 2026)), `${start - 5 * minute} 1\n${start + 30 * minute} 2\n`)
    writeFileSync(join(directory, fileOf('f', 2036)), `${start + 10 * year} 3\n`)
    restart()
    await send(value(4, start - minute), value(5, start - 6 * minute))
    kinds().should.eql(['historical', 'state'])
    ;(await send(value(3, start + 10 * year))).skipped
      .map(({ reason }) => reason)
      .should.eql(['already_sent'])
  })

  it('counts what is a little ahead, and what was ahead once its time has come', async () => {
    await send(value(1, start + 4 * minute))
    await send(value(2, start))
    await send(value(3, start + 20 * minute))
    time = start + 20 * minute
    await send(value(4, start + 19 * minute))
    kinds().should.eql(['state', 'historical', 'historical', 'historical'])
  })

  it('dates two values of one moment apart, also while the clock goes back a little', async () => {
    await send(value(1), value(2))
    time -= minute
    await send(value(3))
    sender.ledger
      .latest('f', 9)
      .map(({ date }) => date)
      .should.eql([start, start + 1, start + 2])
  })

  it('reads a long memory in slices, once for each feature and year', async () => {
    sender.close()
    const features = ['f', 'g', 'h']
    const lines = Array.from({ length: 50_000 }, (_, index) => `${start - index * 1000} ${index}\n`)
    for (const feature of features) writeFileSync(join(directory, fileOf(feature, 2026)), lines.join(''))
    restart()
    let turns = 0
    const turn = (): void => {
      turns += 1
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    const report = await send(
      ...lines
        .slice(0, 30)
        .flatMap((_, index) => features.map(feature => ({ ...value(index, start - index * 1000), feature }))),
      value(7, start + 1)
    )
    clearImmediate(next)
    report.should.match({ live: 1, skipped: { length: 90 } })
    turns.should.be.aboveOrEqual(features.length * 10)
  })
})
