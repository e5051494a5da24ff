import { connectAsync, type MqttClient } from 'mqtt'
import { type Device, type GladysStandIn, startGladys } from '../../gladys-stand-in'
import { TestBroker } from '../../support/broker'

interface Answer {
  status: number
  body: Record<string, unknown>
}

const login = { email: 'ada@example.org', password: 'right-password' }
const feature = (external_id: string, more: object = {}): Record<string, unknown> => ({
  name: 'Weight',
  external_id,
  category: 'unknown',
  type: 'unknown',
  read_only: true,
  has_feedback: false,
  keep_history: true,
  min: 0,
  max: 200,
  ...more
})

describe('Gladys stand-in', () => {
  let broker: TestBroker
  let gladys: GladysStandIn
  let client: MqttClient
  let token: string
  let serviceId: string
  /** Milliseconds by which the clock of Gladys is ahead. */
  let ahead: number

  async function call(method: string, path: string, body?: unknown, bearer = token): Promise<Answer> {
    const answer = await fetch(`${gladys.url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const device = (features: unknown[], more: object = {}): object => ({
    name: 'Scale',
    external_id: 'mqtt:scale',
    service_id: serviceId,
    should_poll: false,
    features,
    ...more
  })
  const create = (...features: unknown[]): Promise<Answer> => call('POST', '/device', device(features))
  const publish = (topic: string, payload: unknown): Promise<unknown> =>
    client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1 })
  const topicOf = (id: string, kind: string): string => `gladys/master/device/any/feature/${id}/${kind}`
  const historical = (id: string, state: unknown, created_at: unknown): Promise<unknown> =>
    publish(topicOf(id, 'historical'), { state, created_at })
  /** Everything published before was handled when this state is there. */
  async function handled(): Promise<void> {
    const before = gladys.states('mqtt:last').length
    await publish(topicOf('mqtt:last', 'state'), '1')
    await gladys.until(() => gladys.states('mqtt:last').length > before, 'the last state')
  }
  /** Gladys is no longer busy with what came before, and has it in its database. */
  async function later(): Promise<void> {
    await handled()
    ahead += 5_000
  }

  beforeEach(async () => {
    broker = await new TestBroker().start()
    ahead = 0
    gladys = await startGladys({ mqttUrl: broker.url, ...login, now: () => Date.now() + ahead })
    client = await connectAsync(broker.url)
    const { body } = await call('POST', '/login', login, '')
    token = body['access_token'] as string
    serviceId = (await call('GET', '/service/mqtt')).body['id'] as string
    await call('POST', '/device', {
      ...device([feature('mqtt:last')]),
      external_id: 'mqtt:other',
      name: 'Other'
    })
  })
  afterEach(async () => {
    await client.endAsync(true)
    await gladys.close()
    await broker.stop()
  })

  it('wants a login, and gives a new access token for the refresh token', async () => {
    const { body } = await call('POST', '/login', login, '')
    ;(await call('GET', '/service/mqtt', undefined, 'junk')).status.should.equal(401)
    const renewed = await call('POST', '/access_token', { refresh_token: body['refresh_token'] }, '')
    ;(
      await call('GET', '/service/mqtt', undefined, renewed.body['access_token'] as string)
    ).status.should.equal(200)
    ;(await call('POST', '/access_token', { refresh_token: 'junk' }, '')).status.should.equal(401)
    gladys.endSessions()
    ;(await call('GET', '/service/mqtt')).status.should.equal(401)
  })

  it('refuses wrong logins, and too many of them', async () => {
    const wrong = (body: object): Promise<number> =>
      call('POST', '/login', body, '').then(({ status }) => status)
    const statuses = [
      await wrong({ ...login, email: 'x' }),
      await wrong({ ...login, password: 'x' }),
      await wrong({}),
      await wrong(login),
      await wrong(login)
    ]
    statuses.should.eql([404, 403, 422, 200, 429])
    gladys.logins.should.equal(6)
  })

  it('makes selectors unique', async () => {
    await create(feature('mqtt:scale:a'), feature('mqtt:scale:b'), feature('mqtt:scale:c'))
    gladys
      .device('mqtt:scale')
      .features.map(({ selector }) => selector)
      .should.eql(['scale-weight', 'scale-weight-2', 'scale-weight-3'])
  })

  it('deletes what an update leaves out, with its states', async () => {
    await create(feature('mqtt:scale:a'), feature('mqtt:scale:b'))
    await historical('mqtt:scale:a', 80, '2026-01-01T00:00:00Z')
    await handled()
    gladys.states('mqtt:scale:a').length.should.equal(1)
    await later()
    await create(feature('mqtt:scale:b'))
    gladys
      .device('mqtt:scale')
      .features.map(({ external_id }) => external_id)
      .should.eql(['mqtt:scale:b'])
    await create(feature('mqtt:scale:a'), feature('mqtt:scale:b'))
    gladys.states('mqtt:scale:a').should.eql([])
  })

  it('keeps what an update repeats', async () => {
    await create(feature('mqtt:scale:a'))
    await historical('mqtt:scale:a', 80, '2026-01-01T00:00:00Z')
    await handled()
    gladys.addParam('mqtt:scale', 'mine', '1')
    await later()
    const [, before] = gladys.devices() as [Device, Device]
    await call('POST', '/device', before)
    gladys.device('mqtt:scale').should.eql(before)
    gladys.states('mqtt:scale:a').length.should.equal(1)
  })

  const refused: [string, object, string][] = [
    ['category', { category: 'health' }, 'category'],
    ['type of the category', { category: 'battery', type: 'decimal' }, 'type'],
    ['unit', { unit: 'kg' }, 'unit'],
    ['missing min', { min: undefined }, 'min'],
    ['missing max', { max: null }, 'max'],
    ['missing name', { name: '' }, 'name']
  ]
  for (const [name, more, attribute] of refused)
    it(`refuses a feature: ${name}`, async () => {
      const { status, body } = await create(feature('mqtt:scale:a', more))
      status.should.equal(422)
      body.should.match({ code: 'UNPROCESSABLE_ENTITY', properties: [{ attribute }] })
      gladys.devices().length.should.equal(1)
    })

  it('refuses a foreign service and an external id that another device has', async () => {
    const answer = await call('POST', '/device', device([], { service_id: 'junk' }))
    answer.status.should.equal(422)
    ;(await create(feature('mqtt:last'))).status.should.equal(409)
  })

  it('finds features by part 5 of the topic alone, and drops what it does not know', async () => {
    await create(feature('mqtt:scale:a'))
    await publish('gladys/master/device/whatever/feature/mqtt:scale:a/state', '80.5')
    await publish('gladys/master/device/mqtt:scale/feature/a/b/state', '81')
    await publish(topicOf('mqtt:nobody', 'state'), '1')
    await publish(topicOf('mqtt:scale:a', 'state'), 'heavy')
    await handled()
    const before = Date.now()
    gladys.states('mqtt:scale:a').should.match([{ value: 80.5, kind: 'live' }])
    Date.parse(gladys.states('mqtt:scale:a')[0]!.created_at).should.be.approximately(before, 5000)
    gladys.states('mqtt:nobody').should.eql([])
  })

  it('stores the past at its date; the last value moves only forward', async () => {
    await create(feature('mqtt:scale:a'))
    await historical('mqtt:scale:a', 80, '2026-01-02T00:00:00.000Z')
    await historical('mqtt:scale:a', 79, '2026-01-01T00:00:00.000Z')
    await later()
    await historical('mqtt:scale:a', 79, '2026-01-01T00:00:00.000Z')
    await historical('mqtt:scale:a', 80.5, '2026-01-02T00:00:00.000Z')
    await historical('mqtt:scale:a', 79, '2026-01-01T00:00:00.000Z')
    await historical('mqtt:scale:a', 1, 'Jan 3 2026')
    await historical('mqtt:scale:a', '2', '2026-01-03T00:00:00.000Z')
    await publish(topicOf('mqtt:scale:a', 'historical'), 'junk')
    await handled()
    gladys
      .states('mqtt:scale:a')
      .map(({ created_at, value }) => [created_at, value])
      .should.eql([
        ['2026-01-01T00:00:00.000Z', 79],
        ['2026-01-02T00:00:00.000Z', 80.5]
      ])
    gladys.device('mqtt:scale').features[0]!.should.match({
      last_value: 80,
      last_value_changed: '2026-01-02T00:00:00.000Z'
    })
  })

  it('creates over MQTT only with a service', async () => {
    await publish('gladys/master/device/create', { ...device([]), service_id: undefined })
    await handled()
    gladys.devices().length.should.equal(1)
    ahead += 5_000
    await publish('gladys/master/device/create', device([]))
    await gladys.until(() => gladys.devices().length === 2, 'the device')
    await publish('gladys/master/device/create', { ...device([]), service_id: undefined, name: 'Other' })
    await handled()
    gladys.device('mqtt:scale').name.should.equal('Scale')
  })

  it('keeps the last text of a text, without a history', async () => {
    const words = feature('mqtt:scale:kind', { category: 'text', type: 'text' })
    await call('POST', '/device', device([words, feature('mqtt:scale:weight')]))
    await publish('gladys/master/device/x/feature/mqtt:scale:kind/text', 'Walk')
    await publish('gladys/master/device/x/feature/mqtt:scale:weight/text', 'Walk')
    await handled()
    const { features } = gladys.device('mqtt:scale')
    features.map(({ last_value_string }) => last_value_string).should.eql(['Walk', null])
    gladys.states('mqtt:scale:kind').should.eql([])
  })

  it('makes an announced occupancy a motion sensor that knows its two payloads only', async () => {
    await publish('homeassistant/device/withings-1-mat/config', {
      device: { identifiers: ['withings-1-mat'], name: 'Mat' },
      origin: { name: 'test' },
      components: {
        in_bed: {
          platform: 'binary_sensor',
          unique_id: 'in_bed',
          name: 'In bed',
          state_topic: 'withings/1/mat/in_bed',
          device_class: 'occupancy',
          payload_on: '1',
          payload_off: '0'
        }
      }
    })
    await handled()
    await gladys.addDiscovered('withings-1-mat')
    const id = 'homeassistant:withings-1-mat:binary_sensor:withings-1-mat:in_bed'
    gladys.device('homeassistant:withings-1-mat').should.match({
      features: [{ external_id: id, category: 'motion-sensor', type: 'binary' }]
    })
    for (const payload of ['1', 'ON', '0']) await publish('withings/1/mat/in_bed', payload)
    await handled()
    gladys
      .states(id)
      .map(({ value }) => value)
      .should.eql([1, 0])
  })

  it('shows announced devices until the user adds them, and then listens to their topics', async () => {
    const config = (components: object): object => ({
      device: { identifiers: ['withings-1-a b'], name: 'Body Scan (Ada)', model: 'Body Scan' },
      origin: { name: 'test' },
      components
    })
    const sensor = (key: string, more: object): object => ({
      [key]: { platform: 'sensor', unique_id: key, name: key, state_topic: `withings/1/a/${key}`, ...more }
    })
    const weight = sensor('weight', { unit_of_measurement: 'kg', state_class: 'measurement' })
    const battery = sensor('battery', { unit_of_measurement: '%', device_class: 'battery' })
    const topic = 'homeassistant/device/withings-1-a-b/config'
    const id = 'homeassistant:withings-1-a-b'
    await publish(topic, config({ ...weight, ...sensor('text', {}) }))
    await handled()
    gladys.discovered().length.should.equal(1)
    await publish(topic, '')
    await handled()
    gladys.discovered().should.eql([])
    await publish(topic, config({ ...weight, ...sensor('text', {}) }))
    await handled()
    await gladys.addDiscovered('withings-1-a-b')
    gladys.discovered().should.eql([])
    gladys.device(id).should.match({
      name: 'Body Scan (Ada)',
      features: [{ external_id: `${id}:sensor:withings-1-a-b:weight`, category: 'unknown', unit: null }]
    })
    await publish('withings/1/a/weight', '80')
    await handled()
    gladys.states(`${id}:sensor:withings-1-a-b:weight`).should.match([{ value: 80, kind: 'live' }])

    await publish(topic, config({ ...weight, ...battery }))
    await handled()
    gladys.discovered().length.should.equal(1)
    await gladys.addDiscovered('withings-1-a-b')
    gladys
      .device(id)
      .features.map(({ category, unit }) => [category, unit])
      .should.eql([
        ['unknown', null],
        ['battery', 'percent']
      ])
    gladys.states(`${id}:sensor:withings-1-a-b:weight`).length.should.equal(1)
  })

  it('answers stored states, oldest first', async () => {
    await create(feature('mqtt:scale:a'))
    await publish(topicOf('mqtt:scale:a', 'state'), '80')
    await publish(topicOf('mqtt:scale:a', 'state'), '81')
    await handled()
    const path = '/device_feature/aggregated_states?device_features=scale-weight&interval=60&max_states=10'
    const { body } = await call('GET', path)
    body.should.match([{ device: { name: 'Scale' }, values: [{ value: 80 }, { value: 81 }] }])
  })
})
