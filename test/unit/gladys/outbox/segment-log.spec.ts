import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PlacedLine, SegmentLog } from '../../../../lib/gladys/outbox/segment-log'

describe('Gladys segment log', () => {
  let directory: string
  let found: PlacedLine[]

  const open = (): SegmentLog => {
    found = []
    return new SegmentLog(directory, placed => found.push(placed))
  }
  const lines = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => `line ${from + index} é`)
  const placed = (from: number, to: number): PlacedLine[] =>
    lines(from, to).map((line, index) => ({ position: from + index, line }))
  const file = (first: number): string => join(directory, `${String(first).padStart(16, '0')}.jsonl`)
  const files = (): string[] => readdirSync(directory).filter(name => name !== 'position')
  const readAll = (log: SegmentLog): PlacedLine[] => {
    const all: PlacedLine[] = []
    while (log.unread !== undefined) all.push(...log.readOn())
    return all
  }

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'gladys-log-')), 'deep', 'outbox')
  })
  afterEach(() => rmSync(join(directory, '../..'), { recursive: true, force: true }))

  it('gives what was appended, in order, and again to the next process', () => {
    const log = open()
    log.append(0, lines(0, 1))
    log.append(1, lines(1, 1203))
    readAll(log).should.eql(placed(0, 1203))
    files().length.should.equal(3)
    const next = open()
    found.should.eql(placed(0, 1203))
    next.end.should.equal(1203)
    readAll(next).should.eql(placed(0, 1203))
  })

  it('gives what is appended to a file that was read already', () => {
    const log = open()
    log.append(0, lines(0, 3))
    readAll(log).should.eql(placed(0, 3))
    log.append(3, lines(3, 5))
    readAll(log).should.eql(placed(3, 5))
  })

  it('starts a new file after 256 kB', () => {
    const log = open()
    const long = 'x'.repeat(100_000)
    log.append(0, [long, long, long, long])
    files().length.should.equal(2)
    readAll(log)
      .map(({ line }) => line.length)
      .should.eql([100_000, 100_000, 100_000, 100_000])
  })

  it('deletes what is done, and knows where it stands after a restart', () => {
    const log = open()
    log.append(0, lines(0, 1200))
    log.release(700)
    files().length.should.equal(2)
    const next = open()
    found.should.eql(placed(700, 1200))
    readAll(next).should.eql(placed(700, 1200))
    next.release(1200)
    files().should.eql([])
    next.append(1200, lines(1200, 1201))
    open()
    found.should.eql(placed(1200, 1201))
  })

  it('leaves no line behind once all is done, and never counts back', () => {
    const log = open()
    log.append(0, lines(0, 10))
    log.release(5)
    log.release(10)
    files().should.eql([])
    open().end.should.equal(5)
  })

  it('drops the half line that a kill left, and appends behind it', () => {
    open().append(0, lines(0, 3))
    truncateSync(file(0), readFileSync(file(0)).length - 4)
    const log = open()
    found.should.eql(placed(0, 2))
    log.append(log.end, lines(2, 4))
    readAll(log).should.eql(placed(0, 4))
    open()
    found.should.eql(placed(0, 4))
  })

  it('begins where it can when the position is lost or damaged', () => {
    const log = open()
    log.append(0, lines(0, 10))
    log.release(5)
    writeFileSync(join(directory, 'position'), 'rubbish')
    open()
    found.should.eql(placed(0, 10))
  })

  it('takes back all of what does not fit on the disk', () => {
    const log = open()
    log.append(0, lines(0, 10))
    const before = readFileSync(file(0))
    symlinkSync('/dev/full', file(500))
    const append = (): void => log.append(10, lines(10, 800))
    append.should.throw({ code: 'ENOSPC' })
    readFileSync(file(0)).equals(before).should.be.true()
    files().length.should.equal(1)
    log.append(10, lines(10, 800))
    readAll(log).should.eql(placed(0, 800))
  })

  it('ignores what could not be taken back', () => {
    open()
    writeFileSync(file(0), lines(0, 9).join('\n'))
    writeFileSync(file(5), 'line 5 é\n')
    const log = open()
    found.should.eql(placed(0, 6))
    log.append(log.end, lines(6, 7))
    readAll(log).should.eql(placed(0, 7))
  })

  it('gives empty lines for what somebody deleted', () => {
    const log = open()
    log.append(0, lines(0, 3))
    rmSync(file(0))
    readAll(log)
      .map(({ line }) => line)
      .should.eql(['', '', ''])
    log.release(3)
  })

  it('syncs, also when a file is done meanwhile', async () => {
    const log = open()
    log.append(0, lines(0, 600))
    const syncs = [log.sync(), log.sync()]
    log.release(500)
    await Promise.all(syncs)
    log.append(600, lines(600, 601))
    await log.sync()
  })
})
