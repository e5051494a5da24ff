import { CodedError } from '../../lib/errors'
import { readHistoryPage, type PageContent, type PageQuery } from '../../lib/gladys/history-page'
import type { State } from '../../lib/gladys/states'
import type { ApiRequest } from '../../lib/withings/client'
import type { JsonObject } from '../../lib/withings/json'
import { contextOf } from '../support/context'
import { METRIC_WISH } from '../support/metric-wish'

const START = Date.UTC(2020, 0, 1) / 1000
const QUERY: PageQuery = {
  ...{ from: 1, until: 2_000_000_000, options: METRIC_WISH },
  ...{ chapter: 'measures', offset: 0, deviceId: null, addressing: 'own', manualDays: [] }
}
const clock = { now: () => Date.UTC(2026, 10, 22, 7) }
const WEIGHT = 1
const HEART = 11

const groupOf = (number: number, measures: object[], changes: JsonObject = {}): JsonObject => ({
  ...{ grpid: number, attrib: 0, category: 1, deviceid: 'scale', model: 'Body', date: START + number },
  measures,
  ...changes
})
const weight = (kilograms: number) => ({ type: WEIGHT, value: kilograms * 1000, unit: -3 })
const heart = (rate: number) => ({ type: HEART, value: rate, unit: 0 })

describe('a page of a history', () => {
  const asked: ApiRequest[] = []
  let answers: (JsonObject | CodedError)[]

  beforeEach(() => {
    asked.length = 0
    answers = []
  })

  const call = (request: ApiRequest): Promise<JsonObject> => {
    asked.push(request)
    const answer = answers.shift()!
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const read = (changes: Partial<PageQuery> = {}) =>
    readHistoryPage(contextOf({ call }, clock), { ...QUERY, ...changes })
  const listed = ({ states, count }: PageContent): State[] => {
    const list: State[] = []
    for (let next = states.next(); !next.done; next = states.next()) list.push(next.value)
    list.length.should.equal(count)
    return list
  }
  const statesIn = async (changes: Partial<PageQuery> = {}): Promise<State[]> => listed(await read(changes))

  it('has the days of a watch where the household has them already, and all else of it under the watch', async () => {
    const day = {
      date: '2025-05-01',
      timezone: 'UTC',
      brand: 1,
      is_tracker: true,
      modelid: 94,
      steps: 8000,
      distance: 5000
    }
    const watch = { deviceid: 'watch', type: 'Activity Tracker', model: 'ScanWatch 2', model_id: 94 }
    answers = [{ activities: [day], more: false, offset: 0 }, { devices: [watch] }]
    const features = (await statesIn({ chapter: 'days', manualDays: ['steps'] })).map(
      ({ feature }) => feature
    )
    features.should.containDeep(['mqtt:withings:12:manual:steps', 'mqtt:withings:12:watch:distance'])
    features.length.should.equal(2)
  })

  it('is asked for as it was ordered, and tells its states and the place of the next one', async () => {
    answers = [
      {
        measuregrps: [groupOf(2, [weight(81)]), groupOf(1, [weight(80), heart(60)])],
        more: 1,
        offset: 300
      }
    ]
    const page = await read({ offset: 200 })
    asked.should.match([{ path: '/measure', params: { action: 'getmeas', offset: '200' } }])
    listed(page).should.match([
      { feature: 'mqtt:withings:12:scale:weight', value: 80, date: (START + 1) * 1000 },
      { feature: 'mqtt:withings:12:scale:heart_pulse', value: 60, date: (START + 1) * 1000 },
      { feature: 'mqtt:withings:12:scale:weight', value: 81, date: (START + 2) * 1000 }
    ])
    page.next!.should.equal(300)
    page.unreadable().should.equal(0)
  })

  it('has the addresses of a device that Gladys makes itself, with discovery', async () => {
    const body = { measuregrps: [groupOf(1, [weight(80)])] }
    answers = [body, body]
    const [own] = await statesIn()
    const [discovered] = await statesIn({ addressing: 'discovery' })
    discovered!.historicalTopic.should.not.equal(own!.historicalTopic)
  })

  it('introduces a feature once, and again with another unit or model', async () => {
    answers = [
      {
        measuregrps: [
          ...Array.from({ length: 300 }, (_, number) => groupOf(number, [weight(80), heart(60)])),
          groupOf(301, [weight(80)], { model: 'Body+' })
        ]
      }
    ]
    const { introduced } = await read()
    introduced.should.match([
      { type: 'weight', model: 'Body' },
      { type: 'heart_pulse', model: 'Body' },
      { type: 'weight', model: 'Body+' }
    ])
    introduced.should.have.length(3)
  })

  it('leaves out what cannot be read or sent, and counts it', async () => {
    const farAhead = Date.UTC(2150, 0, 1) / 1000
    answers = [
      {
        measuregrps: [
          groupOf(1, [weight(80)]),
          groupOf(2, [weight(81)], { date: farAhead }),
          'nonsense' as unknown as JsonObject
        ]
      }
    ]
    const page = await read()
    listed(page).should.have.length(1)
    page.unreadable().should.equal(2)
  })

  it('is that of the wanted device only', async () => {
    answers = [{ measuregrps: [groupOf(1, [weight(80)]), groupOf(2, [weight(81)], { deviceid: 'other' })] }]
    const states = await statesIn({ deviceId: 'other' })
    states.map(({ value }) => value).should.eql([81])
  })

  it('fails as the call does', async () => {
    const failure = new CodedError('LOGIN_NEEDED', 'log in')
    answers = [failure]
    await read().should.be.rejectedWith(failure)
  })
})
