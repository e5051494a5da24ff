import type { SendReport } from '../../lib/gladys/sender'
import { type GladysStandIn, startGladys } from '../gladys-stand-in'
import { TestBroker } from '../support/broker'
import { observer, tab } from '../support/flows'
import { NodeRed } from '../support/node-red'

interface Config {
  device: { name: string }
  components: Record<string, { name: string; platform: string }>
}

const LOGIN = { email: 'ada@example.org', password: 'right-secret-password' }
const now = Date.now()
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString()

type Value = [type: string, value: number | string, unit: string | null]

/** What the nodes for days, workouts, nights and recordings send. */
const item = (
  kind: string,
  deviceId: string | null,
  model: string | null,
  date: string,
  values: Value[]
) => ({
  ...{ kind, userId: '12', deviceId, model, day: '2026-11-22', timezone: 'Europe/Paris', modified: date },
  values: Object.fromEntries(values.map(([type, value]) => [type, value])),
  readings: values.map(([type, value, unit]) => ({
    ...{ type, value, unit, date, userId: '12', deviceId, model },
    ...{ source: 'device', groupId: `${kind}-1`, modified: date }
  }))
})
const night = (date: string, score: number) =>
  item('night', 'mat', 'Sleep Analyzer', date, [
    ['deep_sleep_duration', 5460, 's'],
    ['sleep_score', score, 'points'],
    ['sleep_respiratory_rate_average', 14, 'breaths/min']
  ])
const day = (date: string, steps: number) =>
  item('day', null, null, date, [
    ['steps', steps, 'steps'],
    ['distance', 5210.5, 'm']
  ])
const workout = (date: string, type: string) =>
  item('workout', 'watch', 'ScanWatch', date, [
    ['workout_type', type, null],
    ['workout_duration', 1800, 's']
  ])
const bed = (date: string, value: number) =>
  item('bed', 'mat', 'Sleep Analyzer', date, [['in_bed', value, null]])

describe('days, workouts, nights and beds to Gladys in a real Node-RED', function () {
  this.timeout(120_000)
  let broker: TestBroker
  let gladys: GladysStandIn
  let nodeRed: NodeRed

  beforeEach(async () => {
    broker = await new TestBroker().start()
    gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN })
    nodeRed = await (await NodeRed.prepare()).start()
  })
  afterEach(async () => {
    await nodeRed.dispose()
    await gladys.close()
    await broker.stop()
  })

  const deploy = async (create: string) => {
    const state = { type: 'gladys-device-state', z: 'tab', server: 'server', create, person: 'Ada' }
    await nodeRed.deploy(
      [
        tab,
        {
          id: 'server',
          type: 'gladys-server',
          mqttUrl: broker.url,
          tls: '',
          httpUrl: gladys.url,
          rate: 5000
        },
        { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['state']] },
        { id: 'state', ...state, liveMinutes: 15, wires: [['reports-wrap']] },
        ...observer(broker, 'reports', 'test/reports')
      ],
      { server: LOGIN }
    )
    await broker.observed()
  }
  const send = async (payload: unknown): Promise<SendReport> => {
    const before = broker.on('test/reports').length
    await nodeRed.inject('inject', { payload })
    const report = await broker.published.until(() => broker.on('test/reports')[before], 'the report', 30_000)
    return (JSON.parse(report.payload) as { gladys: SendReport }).gladys
  }
  const valuesOf = (feature: string) => gladys.states(feature).map(({ value, kind }) => [value, kind])

  it('announces them in the words of the catalogue, and fills what the user has added', async () => {
    await deploy('discovery')
    const first = await send([
      night(ago(120), 71),
      day(ago(3), 4000),
      workout(ago(60), 'Walk'),
      bed(ago(2), 1)
    ])
    first.skipped.map(({ reason }) => reason).should.eql(['not_numeric'])
    const announced = new Map(
      broker.on('homeassistant/device/').map(({ topic, payload }) => [topic.split('/')[2], payload])
    )
    const configOf = (name: string) => JSON.parse(announced.get(`withings-12-${name}`) ?? '{}') as Config
    const namesOf = (name: string) => Object.values(configOf(name).components).map(one => one.name)
    namesOf('mat').should.eql([
      'Sleep, deep (s)',
      'Sleep, score (points)',
      'Sleep, average breathing rate (breaths/min)',
      'In bed'
    ])
    namesOf('brand-1').should.eql(['Daily steps', 'Daily distance (m)'])
    namesOf('watch').should.eql(['Workout, duration (s)'])
    configOf('brand-1').device.name.should.equal('Withings app (Ada)')

    await gladys.until(() => gladys.discovered().length === 3, 'the three devices')
    for (const name of ['mat', 'brand-1', 'watch']) await gladys.addDiscovered(`withings-12-${name}`)
    const second = await send([night(ago(60), 82), day(ago(1), 4200), bed(ago(1), 0)])
    second.should.match({ live: 3, historical: 3, created: { length: 0 }, skipped: { length: 0 } })
    const feature = (name: string, type: string, platform = 'sensor') =>
      `homeassistant:withings-12-${name}:${platform}:withings-12-${name}:${type}`
    await gladys.until(() => valuesOf(feature('mat', 'sleep_score')).length === 1, 'the score')
    await gladys.until(() => valuesOf(feature('mat', 'in_bed', 'binary_sensor')).length === 1, 'the bed')
    await gladys.until(() => valuesOf(feature('brand-1', 'steps')).length === 1, 'the steps')
    valuesOf(feature('mat', 'sleep_score')).should.eql([[82, 'historical']])
    valuesOf(feature('mat', 'in_bed', 'binary_sensor')).should.eql([[0, 'live']])
    valuesOf(feature('brand-1', 'steps')).should.eql([[4200, 'live']])
    broker
      .on('withings/12/mat/in_bed')
      .map(({ payload }) => payload)
      .should.eql(['1', '0'])
  })

  it('creates what they need, with words as text', async () => {
    await deploy('http')
    const report = await send([
      night(ago(120), 71),
      workout(ago(600), 'Walk'),
      workout(ago(60), 'Trail Running')
    ])
    report.skipped.map(({ reason }) => reason).should.eql(['older_text'])
    await gladys.until(
      () => gladys.device('mqtt:withings:12:watch').features[0]?.last_value_string !== null,
      'words'
    )
    gladys.device('mqtt:withings:12:watch').should.match({
      name: 'ScanWatch (Ada)',
      features: [
        { name: 'Workout, kind', category: 'text', type: 'text', last_value_string: 'Trail Running' },
        { name: 'Workout, duration', category: 'duration', type: 'decimal', unit: 'seconds' }
      ]
    })
    await gladys.until(
      () => valuesOf('mqtt:withings:12:watch:workout_duration').length === 2,
      'both workouts'
    )
    valuesOf('mqtt:withings:12:mat:deep_sleep_duration').should.eql([[5460, 'historical']])
    broker
      .on('gladys/master/device/mqtt:withings:12:watch/feature/mqtt:withings:12:watch:workout_type/text')
      .map(({ payload }) => payload)
      .should.eql(['Trail Running'])
  })
})
