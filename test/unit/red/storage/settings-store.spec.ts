import type { NodeAPI } from 'node-red'
import { asInteger } from '../../../../lib/base/json'
import { SettingsStore, writePostponed } from '../../../../lib/red/storage/settings-store'

describe('a table in the settings of Node-RED', () => {
  let written: unknown[]
  let isBroken: boolean
  let table: SettingsStore<number>
  const { setTimeout } = globalThis
  let timers: { run: () => void; ms: number }[]

  beforeEach(() => {
    written = []
    timers = []
    isBroken = false
    globalThis.setTimeout = ((run: () => void, ms: number) => {
      timers.push({ run, ms })
      return { unref: () => 1 }
    }) as unknown as typeof setTimeout
    const settings = {
      available: () => true,
      get: () => undefined,
      set: (_key: string, value: unknown) => {
        if (isBroken) return Promise.reject(new Error('disk full'))
        written.push(value)
        return Promise.resolve()
      }
    }
    table = new SettingsStore(
      { settings } as unknown as NodeAPI,
      'withingsTest',
      asInteger,
      (before = 0, after) => Math.floor(before / 10) !== Math.floor(after / 10)
    )
  })
  afterEach(async () => {
    globalThis.setTimeout = setTimeout
    isBroken = false
    timers.forEach(({ run }) => run())
    await writePostponed()
  })

  it('writes news at once, and with it what has waited', async () => {
    await table.set('one', 1)
    written.should.eql([])
    table.get('one')!.should.equal(1)
    await table.set('two', 20)
    written.should.eql([{ one: 1, two: 20 }])
    await writePostponed()
    written.should.have.length(1)
  })

  it('writes the rest within an hour, once', async () => {
    for (const row of [1, 2, 3]) await table.set('one', row)
    timers.map(({ ms }) => ms).should.eql([3_600_000])
    timers[0]!.run()
    written.should.eql([{ one: 3 }])
    await table.set('one', 4)
    timers.map(({ ms }) => ms).should.eql([3_600_000, 3_600_000])
  })

  it('writes at once again as long as news could not be written', async () => {
    isBroken = true
    await table.set('one', 10).should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    await table.set('one', 11).should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    isBroken = false
    await table.set('one', 12)
    await table.set('one', 13)
    written.should.eql([{ one: 12 }])
  })
})
