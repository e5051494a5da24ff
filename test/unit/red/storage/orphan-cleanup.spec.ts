import type { NodeAPI } from 'node-red'
import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersOfNodes, type NodeRecords } from '../../../../lib/red/storage/node-records'
import { forgetOrphans } from '../../../../lib/red/storage/orphan-cleanup'
import { settled } from '../../../support/fake-clock'

const day = 86_400_000

/** What Node-RED has in its flows, with settings that can be written. */
class Flows {
  readonly events = new EventEmitter()
  readonly kept = new Set(['account'])
  present: { id: string; type: string; d?: boolean }[] = []
  time = Date.UTC(2026, 10, 22)
  /** Nothing can be written. */
  full = false
  private readonly stored = new Map<string, unknown>()
  readonly records: Record<string, NodeRecords> = {
    accounts: {
      ids: () => [...this.kept],
      delete: id => {
        if (this.full) return Promise.reject(new Error('ENOSPC'))
        this.kept.delete(id)
        return Promise.resolve()
      }
    }
  }

  /** Node-RED starts; what it wrote is still there. */
  boot(): void {
    this.events.removeAllListeners()
    const RED = {
      events: Object.assign(new EventEmitter(), { on: this.events.on.bind(this.events) }),
      nodes: { eachNode: (visit: (node: object) => void) => this.present.forEach(visit) },
      settings: {
        available: () => true,
        get: (key: string) => this.stored.get(key),
        set: (key: string, value: unknown) => {
          this.stored.set(key, JSON.parse(JSON.stringify(value)))
          return Promise.resolve()
        }
      }
    }
    forgetOrphans(RED as unknown as NodeAPI, this.records, () => this.time)
  }

  async started(later = 0): Promise<void> {
    this.time += later
    this.events.emit('flows:started')
    await settled()
  }

  get isKept(): boolean {
    return this.kept.has('account')
  }
}

describe('records whose node is gone', () => {
  let flows: Flows

  beforeEach(() => {
    flows = new Flows()
    flows.boot()
  })

  it('are forgotten after 30 days also where the clock was a year ahead at first', async () => {
    await flows.started(365 * day)
    await flows.started(-365 * day)
    await flows.started(30 * day)
    flows.isKept.should.be.true()
    await flows.started(1)
    flows.isKept.should.be.false()
  })

  it('are forgotten after 30 days, not before, also over restarts', async () => {
    await flows.started()
    await flows.started(29 * day)
    flows.boot()
    await flows.started(day)
    flows.isKept.should.be.true()
    await flows.started(1)
    flows.isKept.should.be.false()
  })

  it('have 30 days again when the node was there in between', async () => {
    await flows.started()
    flows.present = [{ id: 'account', type: 'withings-account' }]
    await flows.started(29 * day)
    flows.present = []
    await flows.started(2 * day)
    await flows.started(30 * day)
    flows.isKept.should.be.true()
    await flows.started(1)
    flows.isKept.should.be.false()
  })

  const kept: [string, string, Flows['present']][] = [
    ['disabled', 'account', [{ id: 'account', type: 'withings-account', d: true }]],
    [
      'part of a subflow',
      'instance-account',
      [
        { id: 'instance', type: 'subflow:sub' },
        { id: 'account', type: 'withings-account' }
      ]
    ]
  ]
  for (const [name, id, present] of kept)
    it(`are kept while the node is only ${name}`, async () => {
      flows.kept.clear()
      flows.kept.add(id)
      flows.present = present
      await flows.started()
      await flows.started(400 * day)
      flows.kept.has(id).should.be.true()
    })

  it('of an instance of a subflow go when the instance went', async () => {
    flows.kept.add('instance-measures')
    flows.present = [
      { id: 'account', type: 'withings-account' },
      { id: 'measures', type: 'withings-measures' }
    ]
    await flows.started()
    await flows.started(31 * day)
    ;[...flows.kept].should.eql(['account'])
  })

  it('are kept while a node of a subflow is there whose ids have dashes', async () => {
    flows.kept.clear()
    flows.kept.add('my-instance-my-server')
    flows.present = [
      { id: 'my-instance', type: 'subflow:sub' },
      { id: 'my-server', type: 'gladys-server' }
    ]
    await flows.started()
    await flows.started(400 * day)
    flows.kept.has('my-instance-my-server').should.be.true()
  })

  it('go at the same time where a node has several', async () => {
    const others = new Set(['account'])
    flows.records.more = {
      ids: () => [...others],
      delete: id => Promise.resolve(void others.delete(id))
    }
    flows.boot()
    await flows.started()
    await flows.started(30 * day + 1)
    flows.isKept.should.be.false()
    others.size.should.equal(0)
  })

  it('are tried again at the next start when they could not be deleted', async () => {
    await flows.started()
    flows.full = true
    await flows.started(31 * day)
    flows.isKept.should.be.true()
    flows.full = false
    await flows.started()
    flows.isKept.should.be.false()
  })
})

describe('the folder of a Gladys server', () => {
  let flows: Flows
  let userDir: string
  const folders = (): string[] => readdirSync(join(userDir, 'withings-gladys')).sort()

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'orphans-'))
    // As an old version of Node-RED made ids.
    for (const name of ['server', '8a3c_2b1f', 'instance-server']) {
      mkdirSync(join(userDir, 'withings-gladys', name, 'outbox'), { recursive: true })
      writeFileSync(join(userDir, 'withings-gladys', name, 'days.json'), '{}')
    }
    writeFileSync(join(userDir, 'withings-gladys', 'notes.txt'), 'of somebody else')
    flows = new Flows()
    const RED = { settings: { userDir } } as unknown as NodeAPI
    flows.records.folders = foldersOfNodes(RED, 'withings-gladys')
    flows.boot()
  })
  afterEach(() => rmSync(userDir, { recursive: true, force: true }))

  const gone = async (): Promise<void> => {
    await flows.started()
    await flows.started(30 * day)
    folders().should.containEql('server')
    await flows.started(1)
    while (folders().includes('server')) await settled()
  }

  it('goes 30 days after its node, with all that is in it, and nothing else goes', async () => {
    flows.present = [
      { id: '8a3c.2b1f', type: 'gladys-server', d: true },
      { id: 'instance', type: 'subflow:sub' }
    ]
    await gone()
    while (folders().length > 2) await settled()
    folders().should.eql(['8a3c_2b1f', 'notes.txt'])
  })

  it('stays while the node is disabled or inside a subflow, for years', async () => {
    flows.present = [
      { id: 'server', type: 'gladys-server', d: true },
      { id: '8a3c.2b1f', type: 'gladys-server' },
      { id: 'instance', type: 'subflow:sub' }
    ]
    await flows.started()
    await flows.started(1_000 * day)
    folders().should.eql(['8a3c_2b1f', 'instance-server', 'notes.txt', 'server'])
  })
})
