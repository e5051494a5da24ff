import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SentLedger } from '../../../../lib/gladys/ledger/sent-ledger'

const day = 86_400_000
const date = Date.UTC(2026, 10, 22)
const weight = { feature: 'weight', date, value: 82.05 }

describe('Gladys sent ledger', () => {
  let now: number
  const clock = { now: () => now }
  let parent: string
  let directory: string
  let complaints: string[]

  const open = (maxShards = 128): SentLedger =>
    new SentLedger({ directory, maxShards, clock, onVolatile: reason => complaints.push(reason) })
  const files = (): string[] => readdirSync(directory).map(name => join(directory, name))

  beforeEach(() => {
    now = date + day
    parent = mkdtempSync(join(tmpdir(), 'gladys-ledger-'))
    directory = join(parent, 'a', 'b')
    complaints = []
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  it('knows the same feature, date and value, nothing else', () => {
    const ledger = open()
    ledger.has(weight).should.be.false()
    ledger.record(weight)
    ledger.has(weight).should.be.true()
    ledger.has({ ...weight, value: 82 }).should.be.false()
    ledger.has({ ...weight, date: date + 1 }).should.be.false()
    ledger.has({ ...weight, feature: 'fat' }).should.be.false()
  })

  it('knows what went live, over restarts too, and the last word on a date counts', async () => {
    const before = open()
    before.record(weight, 'live')
    before.record({ ...weight, date: date + 1 })
    before.record({ ...weight, date: date + 2 }, 'live')
    before.record({ ...weight, date: date + 2, value: 83 })
    before.flush()
    for (const ledger of [before, open()]) {
      await ledger.prepare(weight)
      const live = [0, 1, 2, 3].map(offset => ledger.wentLive({ feature: 'weight', date: date + offset }))
      live.should.eql([true, false, false, false])
      ledger.has(weight).should.be.true()
      ledger
        .latest('weight', 3)
        .map(({ value }) => value)
        .should.eql([82.05, 82.05, 83])
    }
    readFileSync(files()[0]!, 'utf8').should.startWith(`${date}=82.05\n${date + 1} 82.05\n`)
  })

  it('knows it after a restart, and the newest date too', () => {
    const before = open()
    for (const days of [0, -1, -400]) before.record({ ...weight, date: date + days * day })
    before.flush()
    const after = open()
    after.newest('weight')!.should.equal(date)
    ;(after.newest('fat') === undefined).should.be.true()
    for (const days of [0, -1, -400]) after.has({ ...weight, date: date + days * day }).should.be.true()
    files().length.should.equal(2)
  })

  it('writes by itself, what came together in one go', async () => {
    const ledger = open()
    for (let i = 0; i < 10; i++) ledger.record({ ...weight, date: date + i })
    readdirSync(parent).should.eql([])
    await new Promise(resolve => setImmediate(resolve))
    readFileSync(files()[0]!, 'utf8').split('\n').length.should.equal(11)
  })

  it('takes a changed value for not sent, also one that changed back', () => {
    const before = open()
    before.record(weight)
    before.record({ ...weight, value: 80 })
    before.flush()
    for (const ledger of [before, open()]) {
      ledger.has(weight).should.be.false()
      ledger.has({ ...weight, value: 80 }).should.be.true()
    }
  })

  it('keeps only whole lines after a kill', () => {
    const before = open()
    before.record(weight)
    before.record({ ...weight, date: date + 1, value: 123.45 })
    before.flush()
    const [file] = files()
    const content = readFileSync(file!)
    writeFileSync(file!, content.subarray(0, content.length - 3))
    const after = open()
    after.has(weight).should.be.true()
    after.has({ ...weight, date: date + 1, value: 123 }).should.be.false()
    after.newest('weight')!.should.equal(date)
    after.record({ ...weight, date: date + 2 })
    after.flush()
    const later = open()
    later.has({ ...weight, date: date + 2 }).should.be.true()
    later.has({ ...weight, date: date + 1, value: 123 }).should.be.false()
  })

  it('keeps only whole lines of a file that it appends to without reading it', () => {
    const old = { ...weight, date: date - 2000 * day }
    const before = open()
    before.record(old)
    before.record(weight)
    before.flush()
    const file = files().find(name => !name.endsWith('-2026.log'))
    writeFileSync(file!, readFileSync(file!, 'utf8').slice(0, -3))
    const after = open()
    after.record({ ...old, date: old.date + 1, value: 5 })
    after.flush()
    const later = open()
    later.has({ ...old, date: old.date + 1, value: 5 }).should.be.true()
    later.has({ ...old, value: 82 }).should.be.false()
    later.has(old).should.be.false()
  })

  it('passes over garbage', () => {
    const before = open()
    before.record(weight)
    before.flush()
    appendFileSync(files()[0]!, '\u0000\u0000\nhello world\n\n1 2 3\n')
    writeFileSync(join(directory, 'something else'), 'x')
    const after = open()
    after.has(weight).should.be.true()
    after.newest('weight')!.should.equal(date)
  })

  it('finds the newest date in an older year when the newest file is empty', () => {
    const before = open()
    before.record(weight)
    before.flush()
    writeFileSync(files()[0]!.replace('-2026', '-2027'), '')
    open().newest('weight')!.should.equal(date)
  })

  it('keeps a bounded number of files in memory and forgets nothing', () => {
    const ledger = open(3)
    for (let i = 0; i < 20; i++) ledger.record({ feature: `f${i}`, date, value: i })
    for (let i = 0; i < 20; i++) ledger.has({ feature: `f${i}`, date, value: i }).should.be.true()
    const { shards } = ledger as unknown as { shards: Map<string, unknown> }
    shards.size.should.equal(3)
  })

  it('knows the newest date of what it writes without keeping the dates in memory', () => {
    const ledger = open()
    for (let years = 30; years >= 0; years--) {
      ledger.record({ ...weight, date: date - years * 366 * day })
      ledger.newest('weight')!.should.equal(date - years * 366 * day)
    }
    const { shards } = ledger as unknown as { shards: Set<unknown> }
    shards.size.should.equal(0)
  })

  it('knows what is sent while it reads a long file, and what was there', async () => {
    const before = open()
    for (let i = 0; i < 20_000; i++) before.record({ ...weight, date: date - i })
    before.flush()
    const after = open()
    const [first, second] = [after.prepare(weight), after.prepareNewest('weight')]
    after.record({ ...weight, value: 1 })
    after.record({ ...weight, date: date + 1, value: 2 })
    after.flush()
    await Promise.all([first, second])
    after.has({ ...weight, value: 1 }).should.be.true()
    after.has({ ...weight, date: date + 1, value: 2 }).should.be.true()
    after.has({ ...weight, date: date - 19_999 }).should.be.true()
    after.newest('weight')!.should.equal(date + 1)
  })

  it('is private', () => {
    const ledger = open()
    ledger.record(weight)
    ledger.flush()
    const readableByOthers = statSync(files()[0]!).mode & 0o077
    readableByOthers.should.equal(0)
  })

  it('says so once when nothing can be written, and goes on in memory', () => {
    writeFileSync(join(parent, 'a'), 'a file where a directory should be')
    const ledger = open()
    complaints.should.eql([])
    ledger.record(weight)
    ledger.flush()
    ledger.record({ ...weight, date: date + 1 })
    ledger.flush()
    complaints.length.should.equal(1)
    ledger.has(weight).should.be.true()
    ledger.newest('weight')!.should.equal(date + 1)
  })

  it('writes later what the disk refused, and says so again when it refuses once more', () => {
    const blocker = join(parent, 'a')
    writeFileSync(blocker, 'a file where a directory should be')
    const ledger = open(1)
    ledger.record(weight)
    ledger.flush()
    ledger.record({ ...weight, feature: 'fat' })
    ledger.flush()
    // Only one file fits into memory, so both are read once more.
    ledger.has(weight).should.be.true()
    ledger.has({ ...weight, feature: 'fat' }).should.be.true()
    complaints.length.should.equal(1)
    rmSync(blocker)
    ledger.record({ ...weight, date: date + 1 })
    ledger.flush()
    const after = open()
    for (const at of [date, date + 1]) after.has({ ...weight, date: at }).should.be.true()
    after.has({ ...weight, feature: 'fat' }).should.be.true()
    rmSync(blocker, { recursive: true })
    writeFileSync(blocker, '')
    ledger.record({ ...weight, date: date + 2 })
    ledger.flush()
    complaints.length.should.equal(2)
  })

  it('forgets nothing of a file when another one cannot be written', () => {
    const old = { ...weight, date: date - 2000 * day }
    const before = open()
    before.record({ ...weight, feature: 'fat' })
    before.flush()
    const [blocked] = files()
    before.record(old)
    before.record(weight)
    before.flush()
    rmSync(blocked!)
    mkdirSync(blocked!)
    const after = open()
    after.record({ ...weight, feature: 'fat', date: date + 1 })
    after.record({ ...old, date: old.date + 1 })
    after.flush()
    complaints.length.should.equal(1)
    for (const at of [old.date, old.date + 1]) after.has({ ...old, date: at }).should.be.true()
    after.has({ ...weight, feature: 'fat', date: date + 1 }).should.be.true()
  })

  it('says so when there is no directory', () => {
    const ledger = new SentLedger({
      directory: undefined,
      clock,
      onVolatile: reason => complaints.push(reason)
    })
    ledger.record(weight)
    ledger.has(weight).should.be.true()
    complaints.length.should.equal(1)
  })

  it('tells the newest states of a feature, over the years and a restart, oldest first', () => {
    const ledger = open()
    for (const days of [0, 400, 1, 800]) ledger.record({ ...weight, date: date - days * day, value: days })
    ledger.record({ ...weight, date: date - day, value: 2 })
    ledger.record({ ...weight, feature: 'other' })
    ledger.flush()
    open()
      .latest('weight', 3)
      .should.eql([
        { date: date - 400 * day, value: 400 },
        { date: date - day, value: 2 },
        { date, value: 0 }
      ])
    open().latest('nothing', 3).should.eql([])
  })

  it('knows words again after a restart, and does not tell them as numbers', () => {
    const word = { feature: 'kind', date, value: 'Trail running\n100 %' }
    const ledger = open()
    ledger.record(word)
    ledger.record({ ...word, date: date + day, value: '' })
    ledger.flush()
    const again = open()
    again.has(word).should.be.true()
    again.has({ ...word, value: 'Trail running' }).should.be.false()
    again.latest('kind', 3).should.eql([])
  })
})
