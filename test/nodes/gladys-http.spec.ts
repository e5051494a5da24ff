import helper from 'node-red-node-test-helper'
import type { SendRequest } from '../../lib/gladys/sender'
import type { GladysServer } from '../../lib/gladys/server'
import { type GladysStandIn, startGladys } from '../gladys-stand-in'
import type { TestBroker } from '../support/broker'
import { LOGIN, useDeviceStateFlow } from '../support/device-state-flow'
import { parseInput } from '../support/parse-input'

const device = 'mqtt:withings:12:abc'
const weight = `${device}:weight`
const ratio = `${device}:fat_ratio`
const minute = 60_000
const ago = (minutes: number): string => new Date(Date.now() - minutes * minute).toISOString()
const reading = (type: string, value: number, date: string, more: object = {}): object => ({
  type,
  value,
  unit: type === 'fat_ratio' ? '%' : 'kg',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date,
  ...more
})

describe('gladys-device-state with create: http', () => {
  let broker: TestBroker
  let gladys: GladysStandIn

  const flow = useDeviceStateFlow({ create: 'http', person: 'Ada' })

  const load = (credentials: object = LOGIN, server: object = {}) => flow.load(credentials, server)
  const send = (...payload: object[]): void => flow.send(...payload)
  const report = (count: number) => flow.report(count)
  const problem = (count: number) => flow.problem(count)
  const states = (feature: string): number[] => gladys.states(feature).map(({ value }) => value)

  before(() => new Promise<void>(resolve => void helper.startServer(resolve)))
  after(() => new Promise<void>(resolve => void helper.stopServer(resolve)))
  beforeEach(() => {
    ;({ broker, gladys } = flow)
  })

  it('makes the device before its first state, and tells what it made', async () => {
    await load()
    const old = ago(60)
    send(reading('weight', 82.05, old), reading('weight', 80, ago(1)), reading('fat_ratio', 20.1, old))
    const first = await report(1)
    first.should.eql({ live: 1, historical: 2, queued: 0, created: [device, weight, ratio], skipped: [] })
    await gladys.until(() => states(weight).length === 2 && states(ratio).length === 1, 'the states')
    gladys.states(weight).should.match([
      { created_at: old, value: 82.05, kind: 'historical' },
      { value: 80, kind: 'live' }
    ])
    gladys.device(device).name.should.equal('Body Scan (Ada)')
    send(reading('weight', 81, ago(0)))
    await report(2).should.finally.match({ live: 1, created: { length: 0 } })
    flow.caught.items.should.eql([])
  })

  it('makes what values with ids of the user need, and sends them', async () => {
    await load()
    send({ device: 'mqtt:garden', feature: 'mqtt:garden:soil', value: 40, unit: '%' })
    await report(1).should.finally.match({ live: 1, created: ['mqtt:garden', 'mqtt:garden:soil'] })
    await gladys.until(() => states('mqtt:garden:soil').length === 1, 'the state')
  })

  it('asks Gladys nothing for readings that were sent before', async () => {
    await load()
    const same = reading('weight', 80, ago(1))
    send(same)
    await report(1)
    const before = gladys.requests.length
    send(same)
    await report(2).should.finally.match({ skipped: [{ reason: 'already_sent' }] })
    gladys.requests.length.should.equal(before)
  })

  it('skips what the user deleted, also after a restart, and notes it not as sent', async () => {
    await load()
    send(reading('weight', 80, ago(1)))
    await report(1)
    gladys.deleteDevice(device)
    const lost = reading('weight', 81, ago(0))
    for (const restart of [false, true]) {
      if (restart) {
        await helper.unload()
        await load()
      }
      send(lost)
      const { skipped, live } = await report(restart ? 1 : 2)
      live.should.equal(0)
      skipped.should.match([{ reason: 'deleted_in_gladys', feature: weight }])
    }
    gladys.devices().should.eql([])
  })

  it('sends what it can while Gladys does not answer, and the rest when the message comes again', async () => {
    // A first 500 of a busy Gladys is not repeated yet.
    await gladys.close()
    flow.gladys = gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN })
    await load()
    send(reading('weight', 80, ago(2)))
    await report(1)
    await gladys.stopHttp()
    const message = [reading('weight', 81, ago(1)), reading('fat_ratio', 20, ago(1))]
    send(...message)
    await problem(1).should.finally.match({
      code: 'GLADYS_REFUSED',
      cause: { code: 'GLADYS_REFUSED' },
      message: /cannot be reached.*: 1$/
    })
    await gladys.until(() => states(weight).length === 2, 'the known feature')
    send(reading('weight', 82, ago(0)))
    await report(2).should.finally.match({ live: 1, skipped: { length: 0 } })
    await gladys.startHttp()
    send(...message)
    await report(3).should.finally.match({
      live: 1,
      created: [ratio],
      skipped: [{ reason: 'already_sent', feature: weight }]
    })
    await gladys.until(() => states(ratio).length === 1, 'the new feature')
  })

  it('tries a wrong login twice, over restarts, and says what is wrong without saying it', async () => {
    for (let start = 0; start < 4; start++) {
      await load({ ...LOGIN, password: 'wrong-password' })
      send(reading('weight', 80, ago(1)))
      const { code, message } = await problem(1)
      code.should.equal('GLADYS_REFUSED')
      message.should
        .match(start < 2 ? /are wrong/ : /before you change them/)
        .and.not.match(/password@|wrong-|ada@/)
      await helper.unload()
    }
    gladys.logins.should.equal(2)
    await load()
    send(reading('weight', 80, ago(1)))
    await report(1).should.finally.match({ live: 1, created: [device, weight] })
  })

  it('does not ask again while the broker is away: states wait for the feature that was made', async () => {
    await load()
    await broker.stop()
    send(reading('weight', 80, ago(30)))
    await report(1).should.finally.match({ queued: 1, created: [device, weight] })
    await broker.start()
    await gladys.until(() => states(weight).length === 1, 'what waited')
  })

  it('makes again what the user deleted, for an import', async () => {
    await load()
    send(reading('weight', 80, ago(1)))
    await report(1)
    gladys.deleteDevice(device)
    const naming: SendRequest['naming'] = { wording: (_, fallback) => fallback, personOf: () => 'Ada' }
    const { sender } = helper.getNode('server') as unknown as GladysServer
    const introduce = (type: string): Promise<void> =>
      sender!.announceOrCreate(parseInput(reading(type, 80, ago(1))), {
        create: 'http',
        liveMinutes: 0,
        naming
      })
    await introduce('weight')
    gladys
      .device(device)
      .features.map(({ external_id }) => external_id)
      .should.eql([weight])
    await gladys.stopHttp()
    await introduce('fat_ratio').should.be.rejectedWith({ code: 'GLADYS_REFUSED' })
  })

  it('works with a login in the address, which nobody is told', async () => {
    const withLogin = (password: string): string =>
      gladys.url.replace('://', `://${encodeURIComponent(LOGIN.email)}:${password}@`)
    await load({}, { httpUrl: ` ${withLogin(LOGIN.password)} ` })
    send(reading('weight', 82.05, ago(1)))
    ;(await report(1)).created.should.eql([device, weight])
    await helper.unload()
    await load({}, { httpUrl: withLogin('wrong-secret') })
    send(reading('fat_ratio', 20, ago(1)))
    const { code, message } = await problem(1)
    code.should.equal('GLADYS_REFUSED')
    message.should.not.match(/ada|wrong-secret/)
  })

  it('works with an address that ends in a slash', async () => {
    await load(LOGIN, { httpUrl: `${gladys.url}/` })
    send(reading('weight', 80, ago(1)))
    await report(1).should.finally.match({ created: [device, weight] })
  })

  const incomplete: [string, object, object][] = [
    ['no address', LOGIN, { httpUrl: '' }],
    ['an address that is none', LOGIN, { httpUrl: 'gladys' }],
    ['no e-mail', { password: 'x' }, {}],
    ['no password', { email: 'x' }, {}]
  ]
  for (const [name, credentials, server] of incomplete)
    it(`says NOT_CONFIGURED with ${name}`, async () => {
      await load(credentials, server)
      const { args } = (helper.getNode('state') as unknown as { status: { args: object[][] } }).status
      args.should.match([[{ text: 'not configured' }]])
      send(reading('weight', 80, ago(1)))
      await problem(1).should.finally.match({
        code: 'NOT_CONFIGURED',
        message: /address, e-mail and password/
      })
      gladys.requests.should.eql([])
    })
})
