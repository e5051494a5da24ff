import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NotifyInbox } from '../../lib/withings/notify-inbox'

describe('the inbox of deliveries', () => {
  let directory: string
  let file: string
  let refusals: string[]
  const open = (where: string | undefined = file): NotifyInbox =>
    new NotifyInbox(where, reason => refusals.push(reason))

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'inbox-'))
    file = join(directory, 'deep', 'node.jsonl')
    refusals = []
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('has on disk what it took, when a process is killed before it is worked off', () => {
    const inbox = open()
    inbox.add('{"appli":"50"}').should.be.true()
    inbox.add('{"appli":"51"}')
    inbox.take(1).should.eql(['{"appli":"50"}'])
    open().take(10).should.eql(['{"appli":"50"}', '{"appli":"51"}'])
    inbox.close()
  })

  it('is gone for good when its node is, whatever is noted afterwards', () => {
    const inbox = open()
    inbox.add('1')
    inbox.add('2')
    inbox.take(1)
    inbox.close()
    inbox.remove()
    inbox.told(1)
    inbox.settled(inbox.taken)
    existsSync(file).should.be.false()
    refusals.should.eql([])
  })

  it('says so when it cannot be read, and works without a disk', () => {
    mkdirSync(file, { recursive: true })
    const inbox = open()
    refusals.should.have.length(1)
    refusals[0]!.should.match(/EISDIR/)
    inbox.add('1')
    inbox.take(1).should.eql(['1'])
    refusals.should.have.length(1)
  })

  it('is empty once all was dealt with, and not before', () => {
    const inbox = open()
    inbox.add('1')
    inbox.add('2')
    inbox.take(1)
    inbox.settled(1)
    readFileSync(file, 'utf8').should.equal('1\n2\n')
    inbox.take(1)
    inbox.settled(1)
    readFileSync(file, 'utf8').should.equal('1\n2\n')
    inbox.settled(inbox.taken)
    statSync(file).size.should.equal(0)
    inbox.add('3')
    readFileSync(file, 'utf8').should.equal('3\n')
    inbox.close()
  })

  it('knows after a kill what had reached the flow', () => {
    const inbox = open()
    for (const line of ['1', '2', '3']) inbox.add(line)
    inbox.take(2)
    inbox.told(1)
    const again = open()
    again.toldBefore.should.eql(['1'])
    again.take(9).should.eql(['2', '3'])
    inbox.told(1)
    inbox.settled(1)
    for (let count = 0; count < 1_200; count += 1) inbox.add('x')
    inbox.take(1_200)
    inbox.told(1_199)
    inbox.settled(1_100)
    const third = open()
    third.toldBefore.should.have.length(101)
    third.take(9).should.have.length(2)
    inbox.close()
  })

  it('does not grow for ever while there is always one that is needed', () => {
    const inbox = open()
    let longest = 0
    for (let count = 1; count <= 5_000; count += 1) {
      inbox.add(`line ${count}`)
      inbox.take(1)
      inbox.settled(count - 1)
      longest = Math.max(longest, statSync(file).size)
    }
    longest.should.be.within(5_000, 20_000)
    open().take(5_000).at(-1)!.should.equal('line 5000')
    inbox.add('line 5001')
    open().take(5_000).slice(-2).should.eql(['line 5000', 'line 5001'])
    inbox.close()
  })

  it('does not take half a line for one', () => {
    open().add('1')
    writeFileSync(file, '1\n{"appli":')
    const inbox = open()
    inbox.take(10).should.eql(['1'])
    inbox.add('2')
    inbox.close()
    open().take(10).at(-1)!.should.equal('2')
  })

  it('takes 2,000 at most', () => {
    const inbox = open()
    for (let count = 0; count < 2_000; count += 1) inbox.add(String(count)).should.be.true()
    inbox.add('one more').should.be.false()
    inbox.take(1)
    inbox.add('one more').should.be.true()
    inbox.isEmpty.should.be.false()
    inbox.close()
  })

  it('goes on in memory where there is no disk, or one that refuses', () => {
    const nowhere = open(undefined)
    nowhere.add('1').should.be.true()
    nowhere.take(1).should.eql(['1'])
    nowhere.settled(1)
    writeFileSync(join(directory, 'blocked'), '')
    const blocked = open(join(directory, 'blocked', 'node.jsonl'))
    blocked.add('1').should.be.true()
    blocked.add('2').should.be.true()
    blocked.take(2).should.eql(['1', '2'])
    blocked.settled(2)
    refusals.should.have.length(1)
  })

  it('leaves nothing behind when its node is gone', () => {
    const inbox = open()
    inbox.add('1')
    inbox.remove()
    ;(() => statSync(file)).should.throw(/ENOENT/)
  })

  it('lets only the user of Node-RED read it', () => {
    const inbox = open()
    inbox.add('1')
    ;(statSync(file).mode & 0o777).should.equal(0o600)
    inbox.close()
  })
})
