import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  devicesAddedTo,
  forgetAddedDevice,
  type SharedPollerOptions,
  watchAddedDevices
} from '../../../../lib/gladys/http/added-devices-poller'
import { clockOf, settled } from '../../../support/fake-clock'

describe('the watches of several nodes of one server', () => {
  let directory: string
  let due: (() => void)[]
  let asked: number
  let taken: string[]
  const scale = { userId: '12', deviceId: 'scale', model: 'Body', components: {} }

  const watching = (): SharedPollerOptions => ({
    directory,
    announced: () => new Map([['withings-12-scale', scale]]),
    api: {
      devices: () => {
        asked += 1
        const externalId = 'homeassistant:withings-12-scale'
        return Promise.resolve([{ externalId, name: '', features: new Set<string>(), raw: { features: [] } }])
      }
    },
    clock: clockOf(
      () => 0,
      (_pause, run) => {
        due.push(run)
        return () => (due = due.filter(other => other !== run))
      }
    ),
    onVolatile: reason => {
      throw new Error(reason)
    }
  })
  const watch = (name: string): (() => void) => watchAddedDevices(watching(), () => taken.push(name) > 0)

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'arrival-watches-'))
    due = []
    asked = 0
    taken = []
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  async function tick(): Promise<void> {
    for (const run of due.splice(0)) run()
    await settled()
  }

  it('ask once, and one node takes the history of what has arrived', async () => {
    const [stopFirst, stopSecond] = [watch('first'), watch('second')]
    stopFirst()
    await tick()
    asked.should.equal(1)
    taken.should.eql(['second'])
    devicesAddedTo(directory).should.eql(['withings-12-scale'])
    stopSecond()
    due.should.be.empty()
    const stop = watch('third')
    await tick()
    taken.should.eql(['second'])
    stop()
  })

  it('take a device again that was forgotten while they watch, and not before', async () => {
    const stop = watch('first')
    await tick()
    await tick()
    taken.should.eql(['first'])
    forgetAddedDevice(directory, 'withings-12-scale')
    devicesAddedTo(directory).should.eql([])
    await tick()
    taken.should.eql(['first', 'first'])
    stop()
  })
})
