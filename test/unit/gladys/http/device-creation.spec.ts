import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '../../../../lib/base/errors'
import { axiosSend } from '../../../../lib/base/http'
import type { GladysApi } from '../../../../lib/gladys/http/api'
import { CreatedStore } from '../../../../lib/gladys/http/created-store'
import {
  type CreationResult,
  DeviceCreator,
  withFeature,
  withPendingCount
} from '../../../../lib/gladys/http/device-creation'
import { draftsOf } from '../../../../lib/gladys/http/device-draft'
import type { Naming } from '../../../../lib/gladys/model/names'
import type { Skipped, State } from '../../../../lib/gladys/model/states'
import { GladysApiBench } from '../../../support/gladys-api-bench'
import { parseInput } from '../../../support/parse-input'

const naming: Naming = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
const reading = (type: string, more: object = {}): object => ({
  type,
  value: 80,
  unit: 'kg',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date: '2026-11-22T12:00:00Z',
  ...more
})
const device = 'mqtt:withings:12:abc'
const weight = `${device}:weight`
const ratio = `${device}:fat_ratio`

describe('Gladys creation', () => {
  let household: GladysApiBench
  let directory: string
  let creator: DeviceCreator

  function restart(api: Pick<GladysApi, keyof DeviceCreatorApi> = household.api()): void {
    const store = new CreatedStore(join(directory, 'created.json'), reason => {
      throw new Error(reason)
    })
    creator = new DeviceCreator({ api, store, clock: { now: () => household.time } })
  }
  type DeviceCreatorApi = Pick<GladysApi, 'root' | 'mqttServiceId' | 'devices' | 'saveDevice'>
  const draftsIn = (...items: object[]) => draftsOf(parseInput(items), naming, () => true)
  const create = (...items: object[]): Promise<CreationResult> => creator.create(draftsIn(...items))
  const results = ({ features }: CreationResult): Record<string, string> => Object.fromEntries(features)

  beforeEach(async () => {
    household = await GladysApiBench.start()
    directory = mkdtempSync(join(tmpdir(), 'gladys-creation-'))
    restart()
  })
  afterEach(async () => {
    await household.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('creates devices with all that a message needs', async () => {
    const battery = { id: 'abc', userId: '12', batteryLevel: 90, battery: 'high', model: 'Body Scan' }
    const creation = await create(
      reading('weight'),
      reading('weight', { value: 81 }),
      reading('fat_ratio', { unit: '%' }),
      reading('height', { unit: 'm', deviceId: null, model: null }),
      reading('segment_fat_mass', { position: 'left_arm' }),
      reading('body_temperature', { unit: '°C' }),
      battery
    )
    const manual = 'mqtt:withings:12:manual'
    creation.should.match({ problem: undefined })
    creation.created.should.eql([
      device,
      weight,
      ratio,
      `${device}:segment_fat_mass:left_arm`,
      `${device}:body_temperature`,
      `${device}:battery`,
      manual,
      `${manual}:height`
    ])
    const plain = { read_only: true, has_feedback: false, keep_history: true }
    household.gladys.device(device).should.match({
      name: 'Body Scan (Ada)',
      model: 'Body Scan',
      should_poll: false,
      features: [
        { name: 'Weight (kg)', category: 'unknown', type: 'unknown', unit: null, min: 0, max: 250, ...plain },
        { name: 'Fat ratio', category: 'unknown', type: 'unknown', unit: 'percent', ...plain },
        { name: 'Segment fat mass, left arm (kg)' },
        { category: 'temperature-sensor', type: 'decimal', unit: 'celsius', min: 30, max: 45, ...plain },
        { name: 'Battery', category: 'battery', type: 'integer', unit: 'percent', min: 0, max: 100, ...plain }
      ]
    })
    household.gladys.device(manual).should.match({
      name: 'Manual entries (Ada)',
      features: [{ category: 'distance-sensor', type: 'decimal', unit: 'm' }]
    })
  })

  it('creates a night, a workout and a bed as what Gladys has for them', async () => {
    await create({
      ...{ userId: '12', deviceId: 'abc' },
      readings: [
        reading('deep_sleep_duration', { unit: 's', value: 5400 }),
        reading('distance', { unit: 'm', value: 5210.5 }),
        reading('steps', { unit: 'steps', value: 8400 }),
        reading('sleep_respiratory_rate_average', { unit: 'breaths/min', value: 14 }),
        reading('workout_type', { unit: null, value: 'Walk' }),
        reading('in_bed', { unit: null, value: 1 })
      ]
    })
    household.gladys.device(device).should.match({
      features: [
        { name: 'Deep sleep duration', category: 'duration', type: 'decimal', unit: 'seconds', max: 86_400 },
        { name: 'Distance', category: 'distance-sensor', type: 'decimal', unit: 'm' },
        { name: 'Steps', category: 'unknown', type: 'unknown', unit: null },
        { name: 'Sleep respiratory rate average (breaths/min)', category: 'unknown', unit: null },
        { name: 'Workout type', category: 'text', type: 'text', unit: null },
        { name: 'In bed', category: 'motion-sensor', type: 'binary', unit: null, min: 0, max: 1 }
      ]
    })
  })

  it('makes nothing twice, also after a restart', async () => {
    await create(reading('weight'))
    restart()
    const again = await create(reading('weight'))
    again.should.match({ created: { length: 0 }, problem: undefined })
    results(again).should.eql({ [weight]: 'there' })
    household.gladys.saved.length.should.equal(1)
  })

  it('makes no feature of what never gives a state, and none for ids of the user', async () => {
    const creation = await create(
      reading('weight', { value: null }),
      { id: 'abc', userId: '12', batteryLevel: null, battery: 'unknown', model: 'Body' },
      { device: 'mine', feature: 'mine:x', value: 1 }
    )
    creation.created.should.eql([])
    household.gladys.requests.should.eql([])
  })

  it('extends a device and keeps all that the user made of it', async () => {
    await create(reading('weight'))
    const { gladys } = household
    gladys.renameDevice(device, 'Waage im Bad')
    gladys.moveDevice(device, 'bathroom')
    gladys.renameFeature(weight, 'Gewicht')
    gladys.addFeature(device, { external_id: 'mine', selector: 'my-own' })
    gladys.addParam(device, 'COLOUR', 'white')
    const before = gladys.device(device)
    restart()
    const { created } = await create(reading('fat_ratio', { unit: '%' }))
    created.should.eql([ratio])
    const after = gladys.device(device)
    after.features.pop()!.external_id.should.equal(ratio)
    after.should.eql(before)
  })

  it('does not set back a value that came between reading and writing', async () => {
    await create(reading('weight'))
    await household.broker.stop()
    await create(reading('fat_ratio', { unit: '%' }))
    const [, update] = household.gladys.saved as { features: object[] }[]
    update!.features[0]!.should.have.properties('id', 'selector').and.not.have.property('last_value')
  })

  it('reads right before it writes', async () => {
    const { gladys } = household
    await create(reading('weight'))
    const api = household.api()
    let devices = await api.devices()
    // A list that was read a moment ago does not have what the user adds now.
    gladys.addFeature(device, { external_id: 'mine' })
    restart({
      root: api.root,
      mqttServiceId: () => api.mqttServiceId(),
      saveDevice: body => api.saveDevice(body),
      devices: async () => {
        const stale = devices
        devices = await api.devices()
        return stale
      }
    })
    await create(reading('fat_ratio', { unit: '%' }))
    gladys
      .device(device)
      .features.map(({ external_id }) => external_id)
      .should.eql([weight, 'mine', ratio])
  })

  it('lets two writers of this process take turns', async () => {
    const other = new DeviceCreator({
      api: household.api(),
      store: new CreatedStore(undefined, () => undefined),
      clock: { now: () => household.time }
    })
    const types = ['weight', 'fat_mass', 'bone_mass', 'hydration']
    await Promise.all(
      types.map((type, index) =>
        (index % 2 ? creator : other).create(draftsOf(parseInput(reading(type)), naming, () => true))
      )
    )
    household.gladys.device(device).features.length.should.equal(4)
  })

  it('makes the other devices of a message when Gladys refuses one', async () => {
    const api = household.api()
    restart({
      root: api.root,
      mqttServiceId: () => api.mqttServiceId(),
      devices: () => api.devices(),
      saveDevice: body =>
        body.external_id === device
          ? Promise.reject(new CodedError('GLADYS_REFUSED', 'verbatim', { text: 'HTTP 422' }))
          : api.saveDevice(body)
    })
    const creation = await create(reading('weight'), reading('weight', { deviceId: 'def' }))
    results(creation).should.eql({ [weight]: 'missing', 'mqtt:withings:12:def:weight': 'there' })
    creation.should.match({ problem: { message: /HTTP 422/ } })
  })

  it('tells two people on one scale apart by their ids when nobody named them', async () => {
    const unnamed = { ...naming, personOf: () => undefined }
    const both = parseInput([reading('weight'), reading('weight', { userId: '13' })])
    await creator.create(draftsOf(both, unnamed, () => true))
    await creator.create(draftsOf(parseInput(reading('weight', { deviceId: 'def' })), unnamed, () => true))
    const names = household.gladys.devices().map(({ name }) => name)
    names.should.eql(['Body Scan', 'Body Scan (13)', 'Body Scan'])
  })

  it('makes what values with ids of the user need, but nothing of another integration', async () => {
    const direct = (feature: string, more: object): object => ({
      ...{ device: 'mqtt:garden', feature: `mqtt:garden:${feature}`, value: 1 },
      ...more
    })
    const first = await create(
      direct('soil', { unit: '%', name: 'Soil moisture' }),
      direct('pond', { unit: '°C' }),
      direct('rain', { unit: 'mm' }),
      direct('words', { value: 'wet' }),
      { device: 'zigbee2mqtt:lamp', feature: 'zigbee2mqtt:lamp:power', value: 1 }
    )
    const features = ['soil', 'pond', 'rain'].map(feature => `mqtt:garden:${feature}`)
    first.created.should.eql(['mqtt:garden', ...features])
    household.gladys.devices().length.should.equal(1)
    household.gladys.device('mqtt:garden').should.match({
      name: 'garden',
      features: [
        { name: 'Soil moisture', category: 'unknown', type: 'unknown', unit: 'percent' },
        { name: 'pond', category: 'temperature-sensor', type: 'decimal', unit: 'celsius' },
        { name: 'rain (mm)', category: 'unknown', type: 'unknown', unit: null }
      ]
    })
    const { created } = await create(direct('wind', {}))
    created.should.eql(['mqtt:garden:wind'])
    household.gladys.device('mqtt:garden').features.length.should.equal(4)
  })

  it('takes a device that is there already for its own', async () => {
    await create(reading('weight'))
    rmSync(directory, { recursive: true })
    restart()
    await create(reading('weight'), reading('fat_ratio', { unit: '%' })).should.finally.match({
      created: [ratio]
    })
  })

  it('does not create again what the user deleted, before it is asked to', async () => {
    await create(reading('weight'))
    household.gladys.deleteDevice(device)
    results(await create(reading('weight'))).should.eql({ [weight]: 'deleted' })
    restart()
    const both = await create(reading('weight'), reading('fat_ratio', { unit: '%' }))
    results(both).should.eql({ [weight]: 'deleted', [ratio]: 'deleted' })
    both.should.match({ created: { length: 0 }, problem: undefined })
    household.gladys.devices().should.eql([])
    const recreated = await creator.create(draftsIn(reading('weight')), 'deleted too')
    recreated.should.match({ created: [device, weight] })
    results(await create(reading('weight'))).should.eql({ [weight]: 'there' })
  })

  it('does not create a single feature again that the user deleted', async () => {
    await create(reading('weight'), reading('fat_ratio', { unit: '%' }))
    household.gladys.deleteFeature(device, weight)
    const creation = await create(reading('weight'), reading('bone_mass'))
    results(creation).should.eql({ [weight]: 'deleted', [`${device}:bone_mass`]: 'there' })
  })

  it('sees nothing deleted in a Gladys that is new', async () => {
    await create(reading('weight'))
    await household.close()
    household = await GladysApiBench.start()
    restart()
    await create(reading('weight')).should.finally.match({ created: [device, weight] })
  })

  it('sees nothing deleted in a Gladys that was set up anew at the same address meanwhile', async () => {
    const { url } = household.gladys
    const send = axiosSend(undefined)
    restart(
      household.api(undefined, url, (request, signal) =>
        send({ ...request, url: request.url.replace(url, household.gladys.url) }, signal)
      )
    )
    await create(reading('weight'))
    await household.close()
    household = await GladysApiBench.start()
    household.time += 60_000
    await create(reading('weight')).should.finally.match({ created: [device, weight], problem: undefined })
    household.gladys.device(device).features.length.should.equal(1)
  })

  it('knows what is there while Gladys does not answer', async () => {
    await create(reading('weight'), reading('bone_mass'))
    household.gladys.deleteFeature(device, `${device}:bone_mass`)
    await create(reading('weight'), reading('bone_mass'))
    await household.gladys.stopHttp()
    const creation = await create(
      reading('weight'),
      reading('bone_mass'),
      reading('fat_ratio', { unit: '%' })
    )
    results(creation).should.eql({
      [weight]: 'there',
      [`${device}:bone_mass`]: 'deleted',
      [ratio]: 'missing'
    })
    creation.problem!.should.match({ code: 'GLADYS_REFUSED', message: /cannot be reached/ })
    ;((await create(reading('weight'))).problem === undefined).should.be.true()
    restart()
    results(await create(reading('weight'))).should.eql({ [weight]: 'there' })
    await household.gladys.startHttp()
    household.time += 60_000
    results(await create(reading('fat_ratio', { unit: '%' }))).should.eql({ [ratio]: 'there' })
  })

  it('no longer takes for deleted what is there again, while Gladys does not answer', async () => {
    await create(reading('weight'))
    household.gladys.deleteDevice(device)
    results(await create(reading('weight'))).should.eql({ [weight]: 'deleted' })
    await creator.create(draftsIn(reading('weight')), 'deleted too')
    await household.gladys.stopHttp()
    results(await create(reading('weight'))).should.eql({ [weight]: 'there' })
  })

  it('tries a login once for a message, however many devices it needs', async () => {
    restart(household.api({ email: 'x', password: 'y' }))
    await create(reading('weight'), reading('weight', { deviceId: 'other' }))
    household.gladys.logins.should.equal(1)
  })

  it('goes on with the devices that it could make', async () => {
    const api = household.api()
    restart({
      root: api.root,
      mqttServiceId: () => api.mqttServiceId(),
      devices: () => api.devices(),
      saveDevice: body =>
        body.external_id === device
          ? api.saveDevice(body)
          : Promise.reject(new CodedError('GLADYS_REFUSED', 'verbatim', { text: 'no' }))
    })
    const creation = await create(reading('weight'), reading('weight', { deviceId: 'other' }))
    results(creation).should.eql({ [weight]: 'there', 'mqtt:withings:12:other:weight': 'missing' })
    creation.created.should.eql([device, weight])
  })

  it('does not ask for the devices all the time', async () => {
    const api = household.api()
    const asked = (): number => household.gladys.requests.filter(({ path }) => /device$/.test(path)).length
    await create(reading('weight'))
    restart({
      root: api.root,
      mqttServiceId: () => api.mqttServiceId(),
      saveDevice: body => api.saveDevice(body),
      devices: () => {
        household.time += 100
        return api.devices()
      }
    })
    const before = asked()
    for (let message = 0; message < 10; message++) await create(reading('weight'))
    household.time += 999
    await create(reading('weight'))
    asked().should.equal(before + 1)
    household.time += 1
    await create(reading('weight'))
    asked().should.equal(before + 2)
  })
})

describe('states of created features', () => {
  const state = (feature: string): State => ({
    feature,
    date: 0,
    value: 1,
    liveTopic: '',
    historicalTopic: '',
    liveUntil: 0
  })

  it('go out, are skipped or are held back', () => {
    const skipped: Skipped[] = []
    const creation: CreationResult = {
      created: [],
      features: new Map([
        ['a', 'there'],
        ['b', 'deleted'],
        ['c', 'missing']
      ]),
      problem: undefined
    }
    const ready = withFeature(['a', 'b', 'c', 'mine'].map(state), creation, skipped)
    ready.map(({ feature }) => feature).should.eql(['a', 'mine'])
    skipped.should.eql([{ reason: 'deleted_in_gladys', feature: 'b', date: '1970-01-01T00:00:00.000Z' }])
    withPendingCount(new CodedError('GLADYS_REFUSED', 'verbatim', { text: 'why' }), 3).should.match({
      code: 'GLADYS_REFUSED',
      message: /: why.*: 3$/
    })
  })
})
