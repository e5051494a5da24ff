import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CodedError } from '../../../../lib/base/errors'
import type { Delivery } from '../../../../lib/gladys/outbox/deliveries'
import { Outbox, type OutboxOptions } from '../../../../lib/gladys/outbox/outbox'
import type { Outgoing } from '../../../../lib/gladys/outbox/persistent-queue'
import { clockOf } from '../../../support/fake-clock'

const state = (value: number): Outgoing => ({
  kind: 'state',
  state: { feature: `f${value}`, date: value, value, liveTopic: 'l', historicalTopic: 'h', liveUntil: 1 }
})
const states = (from: number, to: number): Outgoing[] =>
  Array.from({ length: to - from + 1 }, (_, index) => state(from + index))
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
const config: Outgoing = { kind: 'config', publication: { topic: 'c', payload: 'config', retain: true } }

/** The real time, but its pauses end at once. */
const clock = clockOf(
  () => Date.now(),
  (_ms, run) => {
    const timer = setImmediate(run)
    return () => clearImmediate(timer)
  }
)

describe('Gladys outbox on disk', () => {
  let directory: string
  let outbox: Outbox
  let sent: string[]
  let warnings: string[]
  let lost: number
  /** While false nothing is acknowledged. */
  let acknowledging: boolean
  let drained: Promise<void>

  function open(more: Partial<OutboxOptions> = {}): Outbox {
    sent = []
    drained = new Promise(resolve => {
      outbox = new Outbox({
        directory,
        rate: 1_000_000,
        clock,
        publish({ payload }) {
          sent.push(payload)
          return acknowledging ? Promise.resolve() : new Promise(() => undefined)
        },
        decideKind: () => 'live',
        acknowledged: () => undefined,
        isUnsent: () => true,
        drained: resolve,
        onVolatile: reason => warnings.push(reason),
        onLost: count => (lost += count),
        ...more
      })
    })
    return outbox
  }
  const segments = (): string[] => readdirSync(directory).filter(name => name !== 'position')
  const segment = (first: number): string => join(directory, `${String(first).padStart(16, '0')}.jsonl`)

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'gladys-outbox-')), 'outbox')
    warnings = []
    lost = 0
    acknowledging = true
    open()
  })
  afterEach(() => {
    outbox.close()
    rmSync(join(directory, '..'), { recursive: true, force: true })
  })

  it('leaves out what on disk can never leave, and sends the rest', async () => {
    outbox.close()
    const odd = [{ date: 1e300 }, { date: -1e300 }, { value: 'a\ud800' }].map(field => ({
      kind: 'state',
      state: { ...(state(9) as { state: object }).state, ...field }
    }))
    const lines = [state(1), ...odd, state(2)].map(one => `${JSON.stringify(one)}\n`)
    writeFileSync(segment(0), lines.join(''))
    open({ decideKind: () => 'historical' }).brokerConnected()
    await drained
    sent.map(payload => (JSON.parse(payload) as { state: number }).state).should.eql([1, 2])
    lost.should.equal(3)
  })

  it('sends after a restart what waited, announcements before their states', async () => {
    outbox.brokerAway()
    await outbox.add([config])
    ;(await outbox.add(states(1, 1200))).should.eql({ live: 0, historical: 0, queued: 1200 })
    outbox.close().should.equal(0)
    open().size.should.equal(1201)
    outbox.brokerConnected()
    await drained
    sent.should.eql(['config', ...numbers(1, 1200)])
    outbox.close()
    segments().should.eql([])
    open().size.should.equal(0)
    warnings.should.eql([])
  })

  it('has on disk what is added, before anything else happens', () => {
    acknowledging = false
    outbox.brokerConnected()
    void outbox.add(states(1, 30))
    outbox.close()
    open().size.should.equal(30)
  })

  it('repeats only what was not acknowledged', async () => {
    outbox.brokerConnected()
    await outbox.add(states(1, 7))
    acknowledging = false
    const waiting = outbox.add(states(8, 50))
    outbox.close()
    ;(await waiting).should.eql({ live: 0, historical: 0, queued: 43 })
    acknowledging = true
    open().brokerConnected()
    await drained
    sent.should.eql(numbers(8, 50))
  })

  it('does not send again what is known to have arrived', async () => {
    outbox.brokerAway()
    await outbox.add(states(1, 10))
    open({ isUnsent: ({ value }) => Number(value) > 3 && value !== 9 }).size.should.equal(6)
    outbox.brokerConnected()
    await drained
    sent.should.eql(['4', '5', '6', '7', '8', '10'])
  })

  it('is closed by a second one on the same directory', async () => {
    acknowledging = false
    outbox.brokerConnected()
    const first = outbox
    const waiting = first.add(states(1, 3))
    acknowledging = true
    open()
    ;(await waiting).queued.should.equal(3)
    const add = (): unknown => first.add(states(4, 4))
    add.should.throw(CodedError, { code: 'BROKER_UNREACHABLE' })
    first.brokerConnected()
    outbox.brokerConnected()
    await drained
    sent.should.eql(numbers(1, 3))
  })

  it('reads what waits file by file, and tells what can no longer be read', async () => {
    outbox.brokerAway()
    await outbox.add(states(1, 1200))
    rmSync(segment(500))
    outbox.brokerConnected()
    await drained
    sent.should.eql([...numbers(1, 500), ...numbers(1001, 1200)])
    lost.should.equal(500)
    outbox.size.should.equal(0)
  })

  it('tells of damaged lines and sends the others', async () => {
    outbox.close()
    writeFileSync(segment(0), ['rubbish', '{"kind":"state"}', JSON.stringify(state(3)), 'half'].join('\n'))
    open().size.should.equal(1)
    lost.should.equal(2)
    outbox.brokerConnected()
    await drained
    sent.should.eql(['3'])
  })

  it('says OUTBOX_FULL for what does not fit, and takes nothing of it', async () => {
    open({ capacity: 10 }).brokerAway()
    await outbox.add(states(1, 8))
    outbox.room.should.equal(2)
    outbox.takes(3).should.be.false()
    const add = (): unknown => outbox.add(states(9, 11))
    add.should.throw(CodedError, { code: 'OUTBOX_FULL' })
    open({ capacity: 10 }).size.should.equal(8)
  })

  it('waits in memory behind the rest while the disk is full, and goes back to it', async () => {
    outbox.brokerAway()
    await outbox.add(states(1, 2))
    outbox.close()
    open().brokerAway()
    symlinkSync('/dev/full', segment(2))
    ;(await outbox.add(states(3, 4))).queued.should.equal(2)
    warnings.length.should.equal(1)
    warnings[0]?.should.match(/ENOSPC/)
    await outbox.add(states(5, 6))
    segments().length.should.equal(1)
    outbox.room.should.equal(9996)
    outbox.brokerConnected()
    await drained
    sent.should.eql(numbers(1, 6))
    outbox.brokerAway()
    await outbox.add(states(7, 8))
    outbox.close().should.equal(0)
    open().size.should.equal(2)
  })

  it('tells what is lost with the memory, and only that', async () => {
    outbox.brokerAway()
    await outbox.add(states(1, 2))
    outbox.close()
    open().brokerAway()
    symlinkSync('/dev/full', segment(2))
    await outbox.add([config, ...states(3, 5)])
    outbox.close().should.equal(3)
    open().size.should.equal(2)
  })

  it('works in memory where the directory cannot be made', async () => {
    outbox.close()
    rmSync(directory, { recursive: true })
    writeFileSync(directory, 'in the way')
    open().brokerConnected()
    warnings.length.should.equal(1)
    ;(await outbox.add(states(1, 3))).live.should.equal(3)
    outbox.room.should.equal(10_000)
    rmSync(directory)
    mkdirSync(directory)
  })

  it('sends an import only while nothing else waits, and keeps it off the disk', async () => {
    acknowledging = false
    const onTheirWay: (() => void)[] = []
    open({
      publish({ payload }) {
        sent.push(payload)
        return new Promise(resolve => onTheirWay.push(resolve))
      }
    })
    outbox.brokerConnected()
    let imported: Delivery | undefined
    void outbox.add(states(101, 125), 'import').then(delivery => (imported = delivery))
    void outbox.add(states(1, 3))
    outbox.size.should.equal(3)
    outbox.brokerAway()
    outbox.brokerConnected()
    await nextTurn()
    sent.should.eql([...numbers(101, 120), ...numbers(101, 120)])
    while (onTheirWay.length > 0) {
      onTheirWay.shift()?.()
      await Promise.resolve()
    }
    await drained
    sent.slice(40).should.eql([...numbers(1, 3), ...numbers(121, 125)])
    while (imported === undefined) await Promise.resolve()
    imported.should.eql({ live: 25, historical: 0, queued: 0 })
    segments().length.should.be.belowOrEqual(1)
  })

  it('fails an import that is not done when it is closed', async () => {
    outbox.brokerAway()
    const imported = outbox.add(states(1, 3), 'import')
    outbox.close().should.equal(0)
    await imported.should.be.rejectedWith({ code: 'BROKER_UNREACHABLE' })
    open().size.should.equal(0)
  })

  it('loses nothing that was added before a SIGKILL', async () => {
    outbox.close()
    const writer = join(__dirname, '../../../support/outbox-writer.ts')
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', writer, directory], {
      cwd: resolve(__dirname, '../../../..'),
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let added = 0
    for await (const line of createInterface(child.stdout)) {
      added = Number(line)
      if (added >= 700) child.kill('SIGKILL')
    }
    if (child.signalCode === null) await once(child, 'exit')
    child.signalCode?.should.equal('SIGKILL')
    open().size.should.be.aboveOrEqual(added)
    const { size } = outbox
    outbox.brokerConnected()
    await drained
    sent.should.eql(numbers(1, size))
  })
})
