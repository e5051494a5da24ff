import type { Device, StandInOptions } from '../../gladys-stand-in'
import { StandInBench } from '../../support/stand-in-bench'

const WEIGHT = 'mqtt:scale:weight'
const BED = 'mqtt:scale:bed'
const CENTURY = 100 * 366 * 24 * 60

describe('Gladys stand-in: its HTTP API', () => {
  let bench: StandInBench

  async function start(options: Partial<StandInOptions> = {}): Promise<void> {
    bench = await StandInBench.start(options)
    const binary = { category: 'motion-sensor', type: 'binary' }
    const features = [bench.feature('scale', 'weight'), bench.feature('scale', 'bed', binary)]
    await bench.create('scale', [], { features })
  }
  afterEach(() => bench.close())

  const states = (query: string): Promise<{ status: number; body: unknown }> =>
    bench.call('GET', `/device_feature/aggregated_states?${query}`)
  const valuesOf = async (query: string): Promise<unknown> => {
    const { status, body } = await states(query)
    status.should.equal(200)
    return (body as { values: unknown }[])[0]!.values
  }

  it('answers /ping without a login, and with it the language of the user', async () => {
    await start({ language: 'fr' })
    bench.login.should.match({ email: 'ada@example.org', language: 'fr' })
    const answer = await fetch(`${bench.gladys.url}/api/v1/ping`)
    answer.status.should.equal(200)
    bench.login['access_token'] = 'junk'
    await bench.call('GET', '/device').should.finally.match({ status: 401 })
  })

  describe('counts', () => {
    async function fill(timeZone: string): Promise<void> {
      await start({ timeZone })
      const dates = [
        '2026-02-28T22:59:59.000Z',
        '2026-02-28T23:00:00.000Z',
        '2026-03-31T21:59:59.000Z',
        '2026-03-31T22:00:00.000Z'
      ]
      for (const [index, date] of dates.entries()) await bench.historical(WEIGHT, index + 1, date)
      for (const [index, state] of [1, 1, 0].entries()) await bench.historical(BED, state, dates[index]!)
      await bench.stored(WEIGHT, 4)
      await bench.stored(BED, 3)
    }
    const months = `device_features=scale-weight&interval=${CENTURY}&group_by=month`

    it('are by the months of the house', async () => {
      await fill('Europe/Paris')
      const { body } = await states(months)
      body!.should.eql([
        {
          device: { name: 'scale' },
          deviceFeature: { name: 'weight' },
          values: [
            ['2026-01-31T23:00:00.000Z', 1, 1, 1, 1, 1],
            ['2026-02-28T23:00:00.000Z', 2.5, 3, 2, 5, 2],
            ['2026-03-31T22:00:00.000Z', 4, 4, 4, 4, 1]
          ].map(([date, value, max, min, sum, count]) => ({
            grouped_date: date,
            value,
            max_value: max,
            min_value: min,
            sum_value: sum,
            count_value: count,
            created_at: date
          }))
        }
      ])
    })

    it('are by the months of another house', async () => {
      await fill('UTC')
      await valuesOf(`${months}&max_states=1`).should.finally.match([
        { created_at: '2026-02-01T00:00:00.000Z', count_value: 2 },
        { created_at: '2026-03-01T00:00:00.000Z', count_value: 2 }
      ])
    })

    const starts: [string, string][] = [
      ['hour', '2026-03-29T23:00:00.000Z'],
      ['day', '2026-03-29T22:00:00.000Z'],
      ['week', '2026-03-29T22:00:00.000Z'],
      ['month', '2026-02-28T23:00:00.000Z'],
      ['year', '2025-12-31T23:00:00.000Z']
    ]
    for (const [period, date] of starts)
      it(`know when a ${period} began`, async () => {
        await start()
        await bench.historical(WEIGHT, 1, '2026-03-29T23:30:00.000Z')
        await bench.stored(WEIGHT, 1)
        const query = `device_features=scale-weight&interval=${CENTURY}&group_by=${period}`
        await valuesOf(query).should.finally.match([{ created_at: date }])
      })

    it('are not there for a binary feature, which tells its changes', async () => {
      await fill('UTC')
      await valuesOf(months.replace('weight', 'bed')).should.finally.eql([
        { value: 1, created_at: '2026-02-28T22:59:59.000Z', end_time: '2026-03-31T21:59:59.000Z' },
        { value: 0, created_at: '2026-03-31T21:59:59.000Z', end_time: null }
      ])
    })

    it('are of groups of equal size without group_by', async () => {
      await fill('UTC')
      const query = `device_features=scale-weight&interval=${CENTURY}`
      await valuesOf(`${query}&max_states=3`).should.finally.match([
        { created_at: '2026-02-28T22:59:59.000Z', value: 1.5, count_value: 2 },
        { created_at: '2026-03-31T21:59:59.000Z', value: 3, count_value: 1 },
        { created_at: '2026-03-31T22:00:00.000Z', value: 4, count_value: 1 }
      ])
      await valuesOf(query).should.finally.match({ length: 4 })
    })

    it('leave out what is dated in the future, and what is before the span', async () => {
      await start()
      const fromNow = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
      for (const minutes of [-30, -90, 90]) await bench.historical(WEIGHT, minutes, fromNow(minutes))
      await bench.stored(WEIGHT, 3)
      await valuesOf('device_features=scale-weight&interval=60').should.finally.match([{ value: -30 }])
      const earlier = 'device_features=scale-weight&interval=60&offset=60'
      await valuesOf(earlier).should.finally.match([{ value: -90 }])
    })

    const refused: [string, string, number][] = [
      ['no features', 'interval=60', 500],
      ['no interval', 'device_features=scale-weight', 500],
      ['an interval that is no number', 'device_features=scale-weight&interval=month', 500],
      ['a negative offset', 'device_features=scale-weight&interval=60&offset=-1', 400],
      ['an unknown period', 'device_features=scale-weight&interval=60&group_by=months', 400],
      ['an empty period', 'device_features=scale-weight&interval=60&group_by=', 400],
      ['one unknown selector', 'device_features=scale-weight,junk&interval=60', 404]
    ]
    for (const [what, query, status] of refused)
      it(`are refused with ${status} for ${what}`, async () => {
        await start()
        await states(query).should.finally.match({ status })
      })
  })

  it('takes a selector that a device or feature brings, as a slug, and makes it unique', async () => {
    await start()
    const features = ['a', 'b'].map(key => bench.feature('mat', key, { selector: 'Température Ada' }))
    await bench.create('mat', [], { selector: 'scale', features })
    const { body } = await bench.call('GET', '/device')
    const [scale, mat] = body as [Device, Device]
    scale.selector.should.equal('scale')
    scale.features.map(({ selector }) => selector).should.eql(['scale-weight', 'scale-bed'])
    mat.selector.should.equal('scale-2')
    mat.features.map(({ selector }) => selector).should.eql(['temperature-ada', 'temperature-ada-2'])
  })

  describe('a discovered device', () => {
    const id = 'homeassistant:withings-1-a'
    const feature = (key: string): string => `${id}:sensor:withings-1-a:${key}`
    const announce = (...keys: string[]): Promise<void> => {
      const components = keys.map(key => [
        key,
        {
          platform: 'sensor',
          unique_id: key,
          name: key,
          state_topic: `withings/1/a/${key}`,
          unit_of_measurement: 'kg'
        }
      ])
      return bench.publish('homeassistant/device/withings-1-a/config', {
        device: { identifiers: ['withings-1-a'], name: 'Scale' },
        origin: { name: 'test' },
        components: Object.fromEntries(components) as object
      })
    }

    it('drops the kinds that it does not have until the user presses "Update"', async () => {
      await start({ busyFor: 0 })
      await announce('weight')
      await bench.gladys.until(() => bench.gladys.discovered().length === 1, 'the announcement')
      await bench.gladys.addDiscovered('withings-1-a')
      await announce('weight', 'fat')
      await bench.gladys.until(() => bench.gladys.discovered().length === 1, 'the update')
      const send = async (times: number): Promise<void> => {
        await bench.historical(feature('fat'), times, `2026-01-0${times}T07:00:00.000Z`)
        await bench.publish('withings/1/a/fat', '20')
        await bench.historical(feature('weight'), 80, `2026-01-0${times}T07:00:00.000Z`)
        await bench.stored(feature('weight'), times)
      }
      await send(1)
      bench.gladys.states(feature('fat')).should.eql([])
      await bench.gladys.addDiscovered('withings-1-a')
      bench.gladys.discovered().should.eql([])
      await send(2)
      bench.gladys.states(feature('fat')).should.match([{ value: 2 }, { value: 20, kind: 'live' }])
      await bench.gladys.restart()
      await bench.publish('withings/1/a/fat', '21')
      await bench.stored(feature('fat'), 3)
    })

    it('has selectors made of its external ids', async () => {
      await start()
      await announce('weight')
      await bench.gladys.until(() => bench.gladys.discovered().length === 1, 'the announcement')
      await bench.gladys.addDiscovered('withings-1-a')
      const { selector, features } = bench.gladys.device(id)
      selector.should.equal('homeassistant-withings-1-a')
      features[0]!.selector.should.equal('homeassistant-withings-1-a-sensor-withings-1-a-weight')
    })
  })
})
