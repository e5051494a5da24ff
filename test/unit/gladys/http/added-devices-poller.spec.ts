import type { AnnouncedDevice } from '../../../../lib/gladys/discovery/announcer'
import {
  type AddedDevices,
  AddedDevicesPoller,
  parseAddedDevices
} from '../../../../lib/gladys/http/added-devices-poller'
import { clockOf, settled } from '../../../support/fake-clock'

const MINUTE = 60_000
const deviceOf = (deviceId: string | null): AnnouncedDevice => ({
  userId: '12',
  deviceId,
  model: 'Body',
  components: {}
})

describe('the watch for devices that the user adds', () => {
  let pauses: number[]
  let due: (() => void) | undefined
  let asked: number
  let there: string[]
  let away: boolean
  let linked: boolean
  let arrived: (string | null)[]
  let file: AddedDevices | undefined
  let now = 0
  /** What the devices in Gladys have. */
  const features = new Set<string>()
  const announced = new Map<string, AnnouncedDevice>()

  const open = () =>
    new AddedDevicesPoller({
      api: {
        devices: () => {
          asked += 1
          if (away) return Promise.reject(new Error('away'))
          const device = { name: '', features: new Set(features), raw: { features: [] } }
          return Promise.resolve(there.map(externalId => ({ ...device, externalId })))
        }
      },
      announced: () => announced,
      memory: { read: () => file, write: content => (file = content) },
      clock: clockOf(
        () => now,
        (pause, run) => {
          pauses.push(pause)
          due = run
          return () => (due = undefined)
        }
      ),
      added: ({ deviceId }) => {
        if (linked) arrived.push(deviceId)
        return linked
      }
    })
  const tick = async (): Promise<void> => {
    due?.()
    await settled()
  }

  beforeEach(() => {
    pauses = []
    asked = 0
    there = []
    away = false
    linked = true
    arrived = []
    file = undefined
    announced.clear()
    features.clear()
    announced.set('withings-12-scale', deviceOf('scale'))
    announced.set('withings-12-manual', deviceOf(null))
  })

  it('tells of each device once, over restarts too, and asks only while one is missing', async () => {
    const watch = open()
    await tick()
    arrived.should.eql([])
    there = ['homeassistant:withings-12-scale', 'homeassistant:somebody']
    await tick()
    await tick()
    arrived.should.eql(['scale'])
    watch.stop()
    open()
    await tick()
    arrived.should.eql(['scale'])
    there.push('homeassistant:withings-12-manual')
    await tick()
    arrived.should.eql(['scale', null])
    const before = asked
    await tick()
    asked.should.equal(before)
  })

  it('tells again of a device whose owner could not be found', async () => {
    there = ['homeassistant:withings-12-scale']
    linked = false
    open()
    await tick()
    linked = true
    await tick()
    arrived.should.eql(['scale'])
  })

  it('asks less and less often while Gladys does not answer', async () => {
    away = true
    open()
    for (let times = 0; times < 9; times += 1) await tick()
    pauses.should.eql([5_000, ...[2, 4, 8, 16, 32, 60, 60, 60, 60].map(minutes => minutes * MINUTE)])
    away = false
    await tick()
    pauses.at(-1)!.should.equal(MINUTE)
  })

  it('remembers from when on Gladys has a feature, and asks now and then for those that it lacks', async () => {
    const id = 'withings-12-scale'
    const [weight, pulse] = ['weight', 'heart_pulse'].map(type => `homeassistant:${id}:sensor:${id}:${type}`)
    const components = {
      weight: { type: 'weight', unit: 'kg' },
      heart_pulse: { type: 'heart_pulse', unit: 'bpm' }
    }
    announced.clear()
    announced.set(id, { ...deviceOf('scale'), components })
    there = [`homeassistant:${id}`]
    features.add(weight!)
    now = 1_000
    open()
    await tick()
    file!.should.eql({ [id]: { [weight!]: 1_000 } })
    pauses.at(-1)!.should.equal(10 * MINUTE)
    features.add(pulse!)
    now = 2_000
    await tick()
    file!.should.eql({ [id]: { [weight!]: 1_000, [pulse!]: 2_000 } })
    const before = asked
    await tick()
    asked.should.equal(before)
    arrived.should.eql(['scale'])
  })

  it('reads what a version before wrote, and does not tell of those devices again', async () => {
    file = parseAddedDevices({ 'withings-12-scale': true, 'withings-12-manual': true, nonsense: 7 })
    file!.should.eql({ 'withings-12-scale': {}, 'withings-12-manual': {} })
    there = ['homeassistant:withings-12-scale']
    open()
    await tick()
    arrived.should.eql([])
  })

  it('does nothing after it was stopped', async () => {
    there = ['homeassistant:withings-12-scale']
    const watch = open()
    due?.()
    watch.stop()
    await settled()
    arrived.should.eql([])
    pauses.should.eql([5_000])
  })
})
