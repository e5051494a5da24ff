import helper from 'node-red-node-test-helper'
import { asObject } from '../../lib/base/json'
import { cursorStore } from '../../lib/red/storage/cursors'
import { parseCursor } from '../../lib/withings/sync/cursor'
import { Bench, type Message, startServer, stopServer } from '../support/withings-bench'
import { WrittenSettings } from '../support/written-settings'

const others = ['withings-sleep', 'withings-activity', 'withings-heart']

describe('an idle poll', () => {
  let bench: Bench
  let settings: WrittenSettings

  before(startServer)
  after(stopServer)

  beforeEach(async () => {
    bench = await Bench.open()
    const common = { account: bench.account, schedule: 0, output: 'batch', wires: [['out']] }
    bench.beside = others.map(type => ({ ...common, id: `${bench.id}-${type}`, type }))
    await bench.load({ type: 'withings-measures', output: 'batch' })
    await bench.logIn()
    settings = new WrittenSettings(bench.RED)
  })
  afterEach(async () => {
    settings.restore()
    await bench.close()
  })

  const nodes = () => [bench.id, ...others.map(type => `${bench.id}-${type}`)]

  /** All nodes run; Withings has a new time, and what is asked is no repetition. */
  async function runAll(): Promise<Message[]> {
    const seen = bench.out.items.length
    for (const id of nodes()) helper.getNode(id).receive({})
    const all = await bench.out.count(seen + nodes().length, 'the answers of all nodes')
    return all.slice(seen)
  }
  const isEmpty = ({ payload }: Message) => (payload as unknown[]).length === 0

  it('writes nothing; what was delivered is written before the run ends', async () => {
    ;(await runAll()).map(isEmpty).should.containEql(false)
    await bench.completed.count(1, 'the end of the run')
    const { delivered } = parseCursor(asObject(settings.disk.withingsCursors)?.[bench.id])!
    delivered.length.should.be.above(0)
    await runAll()
    settings.writes.length = 0
    for (let poll = 0; poll < 10; poll += 1) (await runAll()).every(isEmpty).should.be.true()
    settings.writes.should.eql([])
    await helper.unload()
    settings.writes.should.eql(['withingsCursors'])
  })

  it('does not have to be on disk: after a restart nothing comes twice, and nothing is missing', async () => {
    await runAll()
    await bench.completed.count(1, 'the end of the run')
    const stored = JSON.stringify(settings.disk.withingsCursors)
    for (let poll = 0; poll < 3; poll += 1) await runAll()
    JSON.stringify(settings.disk.withingsCursors).should.equal(stored)
    for (const [id, row] of Object.entries(asObject(settings.disk.withingsCursors)!)) {
      const cursor = parseCursor(row)!
      // A second earlier, or the answer of a moment ago would do.
      await cursorStore(bench.RED).set(id, { ...cursor, upTo: cursor.upTo - 1 })
    }
    bench.simulator.addGroup(bench.ada.userId, { measures: [{ type: 1, value: 80_000, unit: -3 }] })
    const messages = (await runAll()).flatMap(({ payload }) => payload as { value: number }[])
    messages.map(({ value }) => value).should.eql([80])
  })
})
