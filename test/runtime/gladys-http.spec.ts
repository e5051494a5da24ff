import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SendReport } from '../../lib/gladys/sender'
import { type Device, type GladysStandIn, type StandInOptions, startGladys } from '../gladys-stand-in'
import { TestBroker } from '../support/broker'
import { observer, tab } from '../support/flows'
import { type FlowNode, NodeRed } from '../support/node-red'

interface Failure {
  error: { code?: string; message: string; cause?: { code: string } }
}

const LOGIN = { email: 'ada@example.org', password: 'right-secret-password' }
const device = 'mqtt:withings:12:abc'
const id = (type: string): string => `${device}:${type}`
const reading = (type: string, value: number, date: string, unit = 'kg'): object => ({
  type,
  value,
  unit,
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date
})
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T07:00:00.000Z`

describe('devices made in Gladys by a real Node-RED', function () {
  this.timeout(120_000)
  let broker: TestBroker
  let gladys: GladysStandIn
  let nodeRed: NodeRed
  /** What a test has started, however far it came. */
  const closers: (() => Promise<void>)[] = []

  const start = async (options: Partial<StandInOptions> = {}, login = LOGIN): Promise<void> => {
    nodeRed = await NodeRed.prepare()
    closers.push(() => nodeRed.dispose())
    broker = await new TestBroker().start()
    closers.push(() => broker.stop())
    gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN, ...options })
    closers.push(() => gladys.close())
    await nodeRed.start()
    await deploy(login)
  }
  const deploy = async (login = LOGIN): Promise<void> => {
    const flow: FlowNode[] = [
      tab,
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: gladys.url, rate: 5000 },
      { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['state']] },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create: 'http',
        liveMinutes: 15,
        person: 'Ada',
        wires: [['reports-wrap']]
      },
      { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors-wrap']] },
      ...observer(broker, 'reports', 'test/reports'),
      ...observer(broker, 'errors', 'test/errors').slice(1)
    ]
    await nodeRed.deploy(flow, { server: login })
    observers += 1
    await broker.observed(observers)
  }
  let observers = 0
  const restart = async (): Promise<void> => {
    await nodeRed.kill('SIGKILL')
    await nodeRed.start()
    observers += 1
    await broker.observed(observers)
  }
  /** What became of a message: its report, or the error that Catch got. */
  const send = async (...readings: object[]): Promise<Partial<SendReport & Failure>> => {
    const before = broker.on('test/').length
    await nodeRed.inject('inject', { payload: readings })
    // What the server tells of Gladys is no answer to the message.
    const told = () =>
      broker
        .on('test/')
        .slice(before)
        .find(({ payload }) => !payload.includes('"id":"server"'))
    const published = await broker.published.until(told, 'a report or an error', 30_000)
    const message = JSON.parse(published.payload) as { gladys?: SendReport } & Failure
    return message.gladys ?? { error: message.error }
  }
  const states = (type: string): [string, number][] =>
    gladys.states(id(type)).map(({ created_at, value }) => [created_at, value])

  beforeEach(() => (observers = 0))
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })

  it('keeps what the user made of a device, over runs, kills and new types, and logs in once', async () => {
    await start()
    const first = await send(reading('weight', 82.05, day(1)), reading('fat_ratio', 20.1, day(1), '%'))
    first.should.match({
      historical: 2,
      created: [device, id('weight'), id('fat_ratio')],
      skipped: { length: 0 }
    })
    gladys.renameDevice(device, 'Waage')
    gladys.moveDevice(device, 'bathroom')
    gladys.renameFeature(id('weight'), 'Gewicht')
    gladys.addFeature(device, { external_id: 'my-switch' })
    gladys.addParam(device, 'MINE', '1')
    const types = ['bone_mass', 'hydration', 'muscle_mass']
    for (const [index, type] of types.entries()) {
      const before = gladys.device(device)
      await restart()
      const date = day(index + 2)
      const report = await send(reading('weight', 80 + index, date), reading(type, 3, date))
      report.should.match({ historical: 2, created: [id(type)], skipped: { length: 0 } })
      await gladys.until(() => states('weight').length === index + 2 && states(type).length === 1, 'states')
      const after = gladys.device(device)
      after.features.pop()?.external_id.should.equal(id(type))
      withoutValues(after).should.eql(withoutValues(before))
    }
    gladys.device(device).should.match({ name: 'Waage', room_id: 'bathroom' })
    states('weight').should.eql([
      [day(1), 82.05],
      [day(2), 80],
      [day(3), 81],
      [day(4), 82]
    ])
    states('fat_ratio').should.eql([[day(1), 20.1]])
    gladys.logins.should.equal(1)
    // A save that Gladys was too busy for is asked again.
    const saves = gladys.requests.filter(({ method, path }) => `${method} ${path}` === 'POST /api/v1/device')
    saves.filter(({ status }) => status === 200).length.should.equal(1 + types.length)
    secretsIn(nodeRed).should.eql([])
  })

  it('leaves a device deleted that the user deleted, over a kill', async () => {
    await start()
    await send(reading('weight', 80, day(1)))
    gladys.deleteDevice(device)
    for (const date of [day(2), day(3)]) {
      const report = await send(reading('weight', 80, date), reading('bone_mass', 3, date))
      report.should.match({ historical: 0, created: { length: 0 } })
      report.skipped?.map(({ reason }) => reason).should.eql(['deleted_in_gladys', 'deleted_in_gladys'])
      await restart()
    }
    gladys.devices().should.eql([])
  })

  it('tries a wrong login twice, over kills, until the configuration changes', async () => {
    await start({}, { ...LOGIN, password: 'wrong-secret-password' })
    for (let run = 0; run < 4; run++) {
      const { error } = await send(reading('weight', 80, day(1)))
      error?.should.match({ cause: { code: 'GLADYS_REFUSED' }, message: /e-mail or password are wrong/ })
      await restart()
    }
    gladys.logins.should.equal(2)
    secretsIn(nodeRed).should.eql([])
    await deploy()
    await send(reading('weight', 80, day(1))).should.finally.match({ created: [device, id('weight')] })
    gladys.logins.should.equal(3)
  })

  it('brings everything that came while Gladys did not answer, also over a kill', async () => {
    await start()
    await send(reading('weight', 80, day(1)))
    await gladys.stopHttp()
    await restart()
    const message = [reading('weight', 81, day(2)), reading('bone_mass', 3, day(2))]
    const { error } = await send(...message)
    error?.should.match({ cause: { code: 'GLADYS_REFUSED' }, message: /does not answer|cannot be reached/ })
    await gladys.startHttp()
    await gladys.until(() => states('weight').length === 2, 'the known feature', 60_000)
    await send(...message).should.finally.match({ created: [id('bone_mass')] })
    await gladys.until(() => states('bone_mass').length === 1, 'the new feature')
    gladys.logins.should.equal(1)
  })

  it('sends by itself, once and with its date, what came while Gladys did not answer, over a kill', async () => {
    await start()
    await gladys.stopHttp()
    const message = reading('weight', 80, day(1))
    const { error } = await send(message)
    error?.should.match({ cause: { code: 'GLADYS_REFUSED' }, message: /until Gladys has their features: 1$/ })
    await restart()
    await gladys.startHttp()
    await gladys.until(() => states('weight').length === 1, 'what waited', 60_000)
    states('weight').should.eql([[day(1), 80]])
    // Its report comes when the broker has acknowledged what went before.
    await send(reading('weight', 81, day(2))).should.finally.match({ historical: 1, created: { length: 0 } })
    await restart()
    await send(message).should.finally.match({ historical: 0, skipped: [{ reason: 'already_sent' }] })
    broker.on(`gladys/master/device/${device}/`).length.should.equal(2)
  })

  const versions: [NonNullable<StandInOptions['version']>, RegExp][] = [
    ['ancient', /update Gladys/],
    ['no-mqtt-service', /no MQTT service/]
  ]
  for (const [version, message] of versions)
    it(`says what is missing in Gladys: ${version}`, async () => {
      await start({ version })
      const { error } = await send(reading('weight', 80, day(1)))
      error?.should.match({ cause: { code: 'GLADYS_REFUSED' }, message })
    })
})

function withoutValues(device: Device): object {
  const features = device.features.map(({ last_value, last_value_changed, ...feature }) => feature)
  return { ...device, features }
}

/** Files and log lines that hold a password or a token as plain text. */
function secretsIn({ userDir, log }: NodeRed): string[] {
  const secret = /secret-password|refresh-[0-9a-f]{8}-|access-[0-9a-f]{8}-/
  const files = readdirSync(userDir, { recursive: true, encoding: 'utf8' })
    .filter(name => !name.startsWith('node_modules'))
    .map(name => join(userDir, name))
    .filter(path => statSync(path).isFile())
  return [
    ...files.filter(path => secret.test(readFileSync(path, 'utf8'))),
    ...log.items.filter(line => secret.test(line))
  ]
}
