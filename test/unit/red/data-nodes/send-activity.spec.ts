import type { NodeAPI } from 'node-red'
import { deliverParts } from '../../../../lib/red/data-nodes/send-messages'
import type { ActivityResult } from '../../../../lib/withings/activity/activity'
import type { Reading } from '../../../../lib/withings/readings/reading'

const RED = { util: { generateId: () => 'id', cloneMessage: (msg: object) => ({ ...msg }) } }

function partOf(number: number, changes: Partial<Reading> = {}): ActivityResult {
  const date = new Date(Date.UTC(2026, 0, number)).toISOString()
  const shared = {
    userId: '12',
    deviceId: 'watch',
    model: null,
    source: 'device',
    groupId: '',
    modified: date
  }
  const reading: Reading = { type: 'heart_rate', value: number, unit: 'bpm', date, ...shared, ...changes }
  const item = { kind: 'intraday', userId: '12', deviceId: 'watch', readings: [reading], values: {} } as const
  return { items: [item as never], count: 1, heldBack: 0, problems: [], delivered: undefined }
}

/** Delivers that many parts, each with a cursor to be kept, unless one cannot be read. */
class Delivery {
  readonly log: string[] = []
  readonly closing = new AbortController()
  /** What was told to have arrived, each time. */
  readonly seen: Reading[][] = []

  run(parts: ActivityResult[], output: 'each' | 'batch', breaks = Infinity) {
    const { log, seen, closing } = this
    async function* read() {
      for (const [index, part] of parts.entries()) {
        await Promise.resolve()
        if (index + 1 === breaks) throw new Error('gone')
        const delivered = () => Promise.resolve(void log.push(`kept ${index + 1}`))
        yield { ...part, delivered }
      }
    }
    const run = {
      msg: { _msgid: '1' },
      send: () => void log.push('sent'),
      recordSeen: { readings: (readings: Reading[]) => void seen.push(readings), devices: () => undefined },
      context: { signal: closing.signal, userId: '12' }
    }
    return deliverParts(RED as unknown as NodeAPI, run, { parts: read(), output })
  }

  get kept(): string[] {
    return this.log.filter(entry => entry !== 'sent')
  }
}

const parts = Array.from({ length: 70 }, (_, index) => partOf(index + 1))

describe('parts that are delivered', () => {
  let delivery: Delivery
  beforeEach(() => {
    delivery = new Delivery()
  })

  it('keep their cursor from time to time and at the end, each after it was sent', async () => {
    await delivery.run(parts, 'each')
    delivery.kept.should.eql(['kept 30', 'kept 60', 'kept 70'])
    delivery.log.indexOf('kept 30').should.equal(30)
    delivery.log.at(-1)!.should.equal('kept 70')
  })

  it('keep the cursor of what was sent when the next one cannot be read', async () => {
    await delivery.run(parts, 'each', 45).should.be.rejectedWith('gone')
    delivery.kept.should.eql(['kept 30', 'kept 44'])
  })

  it('keep no cursor of a message that could not be made', async () => {
    await delivery.run(parts, 'batch', 45).should.be.rejectedWith('gone')
    delivery.log.should.eql([])
    await delivery.run(parts, 'batch')
    delivery.log.should.eql(['sent', 'kept 70'])
  })

  it('keep no cursor of what was not sent because the node was closed', async () => {
    delivery.closing.abort(new Error('closed'))
    await delivery.run(parts, 'each').should.be.rejectedWith('closed')
    delivery.log.should.eql([])
  })

  it('are told once, by the newest of each type and source', async () => {
    await delivery.run(
      [...parts.slice(0, 3), partOf(4, { source: 'ambiguous' }), partOf(5), partOf(2)],
      'each'
    )
    delivery.seen
      .map(readings => readings.map(({ source, value }) => [source, value]))
      .should.eql([
        [
          ['device', 5],
          ['ambiguous', 4]
        ]
      ])
  })
})
