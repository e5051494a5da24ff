import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppendLog } from '../../../lib/base/append-log'

describe('append log', () => {
  let parent: string
  let path: string
  let log: AppendLog

  const all = (from?: number): string[] => [...log.read(from)].flatMap(({ lines }) => lines)
  const content = (): string => readFileSync(path, 'utf8')

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'append-log-'))
    path = join(parent, 'deep', 'file.log')
    log = new AppendLog(path)
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  it('makes its directory and its file for nobody else, and gives the lines', () => {
    all().should.eql([])
    log.append('one\ntwo é\n')
    log.append('three\n')
    all().should.eql(['one', 'two é', 'three'])
    const readableByOthers = statSync(path).mode & 0o077
    readableByOthers.should.equal(0)
  })

  it('does not read half a line, and cuts it off before it appends, however long it is', () => {
    log.append('one\n')
    appendFileSync(path, `half${' '.repeat(200_000)}`)
    all().should.eql(['one'])
    log.append('two\n')
    content().should.equal('one\ntwo\n')
    writeFileSync(path, 'nothing but half a line')
    log.append('three\n')
    content().should.equal('three\n')
  })

  it('reads on behind what was read, and lines that are longer than a slice', () => {
    log.append('one\n')
    const { end } = [...log.read()].at(-1)!
    const long = 'x'.repeat(300_000)
    log.append(`two\n${long}\nthree\n`)
    all(end).should.eql(['two', long, 'three'])
  })

  it('gives what is appended while it is read', () => {
    log.append(`${'x'.repeat(50_000)}\n`.repeat(3))
    const reading = log.read()
    reading.next().value!.lines.length.should.equal(1)
    log.append('four\n')
    ;[...reading].flatMap(({ lines }) => lines).length.should.equal(3)
  })

  it('throws what the disk says, and knows what has to be synced', async () => {
    log.append('one\n')
    log.isSynced.should.be.false()
    await log.sync()
    log.isSynced.should.be.true()
    log.remove()
    symlinkSync('/dev/full', path)
    const append = (): void => log.append('two\n')
    append.should.throw({ code: 'ENOSPC' })
    log.isSynced.should.be.true()
    log.remove()
    await log.sync()
  })
})
