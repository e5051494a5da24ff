import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import { fetchDevices, parseDevices } from '../../../../lib/withings/devices/devices'

const raw: JsonObject = {
  type: 'Scale',
  model: 'Body Scan',
  model_id: 10,
  battery: 'high',
  deviceid: 'abc',
  hash_deviceid: 'abc',
  timezone: 'Europe/Paris',
  first_session_date: 1_600_000_000,
  last_session_date: 1_795_330_692
}
const parse = (...rows: unknown[]) => parseDevices({ devices: rows }, '12')!
const one = (changes: JsonObject) => parse({ ...raw, ...changes })[0]!

describe('devices', () => {
  it('have everything that the users were promised', () => {
    parse(raw).should.eql([
      {
        id: 'abc',
        userId: '12',
        type: 'scale',
        model: 'Body Scan',
        modelId: 10,
        battery: 'high',
        batteryLevel: 90,
        timezone: 'Europe/Paris',
        firstSeen: '2020-09-13T12:26:40.000Z',
        lastSeen: '2026-11-22T06:58:12.000Z'
      }
    ])
  })

  const batteries: [unknown, string, number | null][] = [
    ['high', 'high', 90],
    ['medium', 'medium', 50],
    ['low', 'low', 15],
    ['unknown', 'unknown', null],
    ['High', 'unknown', null],
    ['constructor', 'unknown', null],
    [undefined, 'unknown', null],
    [42, 'unknown', null]
  ]
  for (const [word, battery, level] of batteries)
    it(`with battery ${JSON.stringify(word)} are ${battery}`, () => {
      const device = one({ battery: word })
      device.battery.should.equal(battery)
      should(device.batteryLevel).equal(level)
    })

  const types: [unknown, string][] = [
    ['Blood Pressure Monitor', 'blood_pressure_monitor'],
    ['Activity Tracker', 'activity_tracker'],
    ['Sleep Monitor', 'sleep_monitor'],
    ['Smart Connected Thermometer', 'thermometer'],
    ['HealthKit Apple', 'healthkit_apple'],
    ['constructor', 'constructor'],
    [null, 'unknown']
  ]
  for (const [type, name] of types)
    it(`of the type ${JSON.stringify(type)} are ${name}`, () => {
      one({ type }).type.should.equal(name)
    })

  it('never have an empty model', () => {
    one({ model: '', model_id: 13 }).model.should.equal('Body+')
    one({ model: '', model_id: 13, type: 'Sleep Monitor' }).model.should.equal('Sleep Analyzer')
    one({ model: '', model_id: 13, type: 'constructor' }).model.should.equal('Withings 13')
    one({ model: null, model_id: 4711 }).model.should.equal('Withings 4711')
    one({ model: 45, model_id: undefined }).should.match({ model: 'BPM Connect', modelId: 45 })
    one({ model: null, model_id: -1, modelid: 45 }).should.match({ model: 'BPM Connect', modelId: 45 })
    one({ model_id: -1, modelid: 10 }).should.match({ model: 'Body Scan', modelId: 10 })
    one({ model: '45', model_id: -1 }).should.match({ model: 'BPM Connect', modelId: 45 })
    one({ model: null, model_id: -1 }).should.match({ model: 'Withings', modelId: null })
    one({ model: null, model_id: null }).should.match({ model: 'Withings', modelId: null })
  })

  it('never seen have no dates', () => {
    one({ first_session_date: null, last_session_date: false, timezone: '' }).should.match({
      firstSeen: null,
      lastSeen: null,
      timezone: null
    })
  })

  it('listed twice are one, as it was seen last', () => {
    const never = { ...raw, last_session_date: null, battery: 'unknown' }
    const older = { ...raw, last_session_date: 1_700_000_000, battery: 'low' }
    for (const rows of [
      [never, older, raw],
      [raw, older, never],
      [older, raw, never]
    ]) {
      const devices = parse(...rows, { ...raw, deviceid: 'other' })
      devices
        .map(({ id, battery }) => [id, battery])
        .should.eql([
          ['abc', 'high'],
          ['other', 'high']
        ])
    }
  })

  it('are known by their other id where the first is missing, and left out without any', () => {
    one({ deviceid: null, hash_deviceid: 'hash' }).id.should.equal('hash')
    parse({ ...raw, deviceid: '', hash_deviceid: null }, null, 'x', raw).should.have.length(1)
  })

  it('are none where the list is empty', () => {
    parseDevices({ devices: [] }, '12')!.should.eql([])
    parseDevices({ devices: {} }, '12')!.should.eql([])
  })

  it('are BAD_ANSWER where there is no list', async () => {
    for (const body of [{}, { devices: null }, { devices: 'none' }]) {
      const client = { call: () => Promise.resolve(body) }
      await fetchDevices({ ...client, userId: '12' }).should.be.rejectedWith({ code: 'BAD_ANSWER' })
    }
  })

  it('are asked for with one request', async () => {
    const asked: ApiRequest[] = []
    const client = {
      call: (request: ApiRequest) => {
        asked.push(request)
        return Promise.resolve({ devices: [raw] })
      }
    }
    const devices = await fetchDevices({ ...client, userId: '12' })
    devices.map(({ id }) => id).should.eql(['abc'])
    asked.should.eql([{ path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' }])
  })
})
