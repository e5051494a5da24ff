import type { NodeAPI } from 'node-red'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebhookReceiver } from '../../../../lib/red/notifications/webhook-receiver'
import type { Notification } from '../../../../lib/withings/notifications/notification'
import { PendingDeliveries } from '../../../../lib/withings/notifications/pending-deliveries'
import { settled } from '../../../support/fake-clock'

const now = Math.floor(Date.now() / 1000)
const weighing = { userid: '12', appli: '1', startdate: '1706376729', enddate: '1706376730' }
const bed = (appli: '50' | '51', ago: number) => ({
  userid: '12',
  appli,
  deviceid: 'mat',
  date: String(now - ago)
})

describe('deliveries that cannot be told yet', () => {
  let tests = 0
  let id: string
  let userDir: string
  let file: string
  let told: Notification[]

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'pending-'))
    // What was told is known by the id of the node as long as the process lives.
    id = `pending-${(tests += 1)}`
    file = join(userDir, 'withings-notifications', `${id}.json`)
    told = []
  })
  afterEach(() => rmSync(userDir, { recursive: true, force: true }))

  /** As a process does at its start; the one before was killed. */
  const start = (): WebhookReceiver =>
    new WebhookReceiver({ settings: { userDir } } as unknown as NodeAPI, id, 'Ada')
  const attach = (webhook: WebhookReceiver): void =>
    webhook.receiver.attach({
      wanted: [1, 50, 51, 52],
      userId: () => '12',
      context: () => {
        throw new Error('nothing is asked')
      },
      send: ({ payload }) => told.push(payload),
      unlinked: () => undefined
    })
  const names = (): string[] => told.map(({ name }) => name)

  it('are on disk when they are answered, and told by the next process', async () => {
    const webhook = start()
    for (const form of [weighing, bed('50', 300), bed('51', 200), { userid: '12', appli: '52' }])
      (await webhook.receiver.receive(form)).should.be.true()
    ;(statSync(file).mode & 0o777).should.equal(0o600)
    const next = start()
    attach(next)
    names().should.eql(['weight', 'bed_in', 'bed_out', 'inflation_done'])
    // A process that is killed before it noted them tells them again.
    readFileSync(file, 'utf8').should.not.equal('[]')
    while (readFileSync(file, 'utf8') !== '[]') await settled()
    attach(start())
    names().should.have.length(4)
  })

  it('are told before they are answered when the node runs', async () => {
    const webhook = start()
    attach(webhook)
    await webhook.receiver.receive({ userid: '12', appli: '52' })
    await webhook.receiver.receive(bed('50', 300))
    names().should.eql(['inflation_done', 'bed_in'])
    existsSync(file).should.be.false()
  })

  it('are read from the inbox of the version before, once, and without what it had told', async () => {
    mkdirSync(join(userDir, 'withings-notifications'))
    const before = join(userDir, 'withings-notifications', `${id}.jsonl`)
    const lines = [weighing, bed('50', 300), '+2', 'half a li', { ...weighing, appli: '2' }, bed('51', 200)]
    const text = lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    writeFileSync(before, `${text}\n{"appli":`)
    const webhook = start()
    existsSync(before).should.be.false()
    attach(webhook)
    names().should.eql(['bed_in', 'bed_out'])
    while (readFileSync(file, 'utf8') !== '[]') await settled()
  })

  it('are 2,000 at most', () => {
    const pending = new PendingDeliveries(undefined)
    for (let count = 0; count < 2_000; count += 1) pending.add(weighing).should.be.true()
    pending.add(weighing).should.be.false()
    pending.drop(pending.take())
    pending.add(weighing).should.be.true()
  })

  it('wait in memory where the disk refuses, which is said', async () => {
    writeFileSync(join(userDir, 'withings-notifications'), '')
    const webhook = start()
    ;(await webhook.receiver.receive(weighing)).should.be.true()
    webhook.volatile!.should.match(/EEXIST|ENOTDIR/)
    attach(webhook)
    names().should.eql(['weight'])
  })

  it('are gone for good when their node is, whatever is noted afterwards', async () => {
    const webhook = start()
    await webhook.receiver.receive(weighing)
    attach(webhook)
    webhook.remove()
    for (let turn = 0; turn < 10; turn += 1) await settled()
    existsSync(file).should.be.false()
  })
})
