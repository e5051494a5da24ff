import should from 'should'
import type { Device } from '../../lib/withings/devices/devices'
import { type Bench, useBench } from '../support/withings-bench'

describe('withings-devices', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  async function run(properties: object, message: object = {}): Promise<void> {
    await bench.load({ type: 'withings-devices', ...properties })
    ;(await bench.logIn()).status.should.equal(200)
    bench.send(message)
    await bench.completed.count(1, 'the end of the run')
  }
  const ids = () => [...new Set(bench.ada.devices.map(({ deviceid }) => deviceid))]

  for (const [name, output] of [
    ['one message with all devices', 'batch'],
    ['the same where the output is not set', undefined]
  ])
    it(`sends ${name}, each once, and keeps what else was in it`, async () => {
      await run({ output }, { topic: 'mine', mine: 1 })
      bench.out.items.should.have.length(1)
      const message = bench.out.items[0]!
      message.should.match({ topic: `withings/${bench.ada.userId}`, mine: 1 })
      const devices = message.payload as Device[]
      devices.map(({ id }) => id).should.eql(ids())
      devices
        .find(({ model }) => model === 'Body Scan')!
        .should.match({
          userId: bench.ada.userId,
          type: 'scale',
          modelId: 10,
          battery: 'high',
          batteryLevel: 90,
          timezone: 'Europe/Paris',
          firstSeen: /Z$/,
          lastSeen: /Z$/
        })
      devices
        .find(({ model }) => model === 'BPM Connect')!
        .should.match({
          type: 'blood_pressure_monitor',
          battery: 'unknown',
          batteryLevel: null
        })
      await bench.shows('status.devices')
    })

  it('sends a message for each device, with parts and topic', async () => {
    await run({ output: 'each' }, { topic: 'mine', mine: 1 })
    const count = ids().length
    bench.out.items.map(({ payload }) => (payload as Device).id).should.eql(ids())
    bench.out.items.forEach((message, index) => {
      const { id } = message.payload as Device
      message.should.match({
        topic: `withings/${bench.ada.userId}/${id}`,
        mine: 1,
        parts: { id: bench.out.items[0]!.parts!.id, type: 'array', index, count }
      })
    })
    bench.completed.items.should.have.length(1)
  })

  it('asks for nothing but the devices', async () => {
    await run({})
    bench
      .requestsOf('getdevice')
      .map(({ path, params }) => [path, params])
      .should.eql([['/v2/user', { action: 'getdevice' }]])
  })

  it('names the scope that is missing', async () => {
    await bench.load({ type: 'withings-devices' })
    await bench.logIn({ scopes: ['user.metrics'] })
    bench.send()
    const [problem] = await bench.caught.count(1, 'the error')
    problem!.error!.should.match({
      code: 'SCOPE_MISSING',
      cause: { code: 'SCOPE_MISSING' },
      message: /user\.info/,
      source: { id: bench.id }
    })
    should(bench.out.items).eql([])
  })

  it('passes devices on whose numbers came as text, or as false', async () => {
    bench.simulator.faults.add({ kind: 'text-numbers', action: 'getdevice' })
    bench.simulator.faults.add({ kind: 'false-numbers', action: 'getdevice', fields: ['first_session_date'] })
    await run({})
    const devices = bench.out.items[0]!.payload as Device[]
    devices
      .find(({ model }) => model === 'Body Scan')!
      .should.match({
        modelId: 10,
        firstSeen: null,
        lastSeen: /Z$/
      })
  })
})
