import type { NodeAPI } from 'node-red'
import { EventEmitter } from 'node:events'
import { forgetOrphans, type NodeRecords } from '../../../../lib/red/storage/orphan-cleanup'
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
  readonly records: NodeRecords = {
    ids: () => [...this.kept],
    delete: id => {
      if (this.full) return Promise.reject(new Error('ENOSPC'))
      this.kept.delete(id)
      return Promise.resolve()
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
    forgetOrphans(RED as unknown as NodeAPI, [this.records], () => this.time)
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
