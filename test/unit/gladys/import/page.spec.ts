import { CodedError } from '../../../../lib/base/errors'
import type { JsonObject } from '../../../../lib/base/json'
import { type PageQuery, readHistoryPage } from '../../../../lib/gladys/import/page'
import { type Addressing, addressOfSource } from '../../../../lib/gladys/model/external-ids'
import type { State } from '../../../../lib/gladys/model/states'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import { contextOf } from '../../../support/context'
import { DEFAULT_HISTORY_OPTIONS } from '../../../support/default-history-options'

const START = Date.UTC(2020, 0, 1) / 1000
const QUERY: PageQuery = {
  ...{ from: 1, until: Date.UTC(2021, 0, 1) / 1000 - 1, options: DEFAULT_HISTORY_OPTIONS },
  ...{ chapter: 'measures', year: 2020, years: 1, deviceId: null, except: [], addressing: 'own' },
  manualDays: { types: [], moved: [] },
  inFeatureUnit: item => item
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
  const statesIn = async (changes: Partial<PageQuery> = {}): Promise<State[]> => (await read(changes)).states

  it('has the days of a watch where the household has them already, and all else of it under the watch', async () => {
    const day = {
      date: '2020-05-01',
      timezone: 'UTC',
      brand: 1,
      is_tracker: true,
      modelid: 94,
      steps: 8000,
      distance: 5000
    }
    const watch = { deviceid: 'watch', type: 'Activity Tracker', model: 'ScanWatch 2', model_id: 94 }
    answers = [{ activities: [day], more: false, offset: 0 }, { devices: [watch] }]
    const features = (await statesIn({ chapter: 'days', manualDays: { types: ['steps'], moved: [] } })).map(
      ({ feature }) => feature
    )
    features.should.containDeep(['mqtt:withings:12:manual:steps', 'mqtt:withings:12:watch:distance'])
    features.length.should.equal(2)
  })

  it('is a year, with all pages of Withings, and tells its states newest first', async () => {
    answers = [
      { measuregrps: [groupOf(2, [weight(81)])], more: 1, offset: 300 },
      { measuregrps: [groupOf(1, [weight(80), heart(60)]), groupOf(3, [weight(82)])], more: 0 }
    ]
    const page = await read()
    asked.should.match([
      { path: '/measure', params: { action: 'getmeas', startdate: String(START - 86_400) } },
      { params: { offset: '300' } }
    ])
    page.states.should.match([
      { feature: 'mqtt:withings:12:scale:weight', value: 82, date: (START + 3) * 1000 },
      { feature: 'mqtt:withings:12:scale:weight', value: 81, date: (START + 2) * 1000 },
      { feature: 'mqtt:withings:12:scale:weight', value: 80, date: (START + 1) * 1000 },
      { feature: 'mqtt:withings:12:scale:heart_pulse', value: 60, date: (START + 1) * 1000 }
    ])
    page.isLast.should.be.false()
    page.unreadable.should.equal(0)
  })

  it('has of one feature and date the value that was changed last, once', async () => {
    answers = [
      {
        measuregrps: [
          groupOf(1, [weight(80)], { modified: START + 10 }),
          { ...groupOf(1, [weight(81)], { modified: START + 20 }), grpid: 2 },
          { ...groupOf(1, [weight(79)], { modified: START + 5 }), grpid: 3 }
        ]
      }
    ]
    ;(await statesIn()).map(({ value }) => value).should.eql([81])
  })

  it('is the last one where the year is empty and nothing is older, and where no more was asked for', async () => {
    const nothing = { measuregrps: [] }
    answers = [nothing, nothing]
    ;(await read()).isLast.should.be.true()
    answers = [nothing, { measuregrps: [groupOf(1, [weight(80)])] }]
    ;(await read()).isLast.should.be.false()
    answers = [{ measuregrps: [groupOf(1, [weight(80)])] }]
    const page = await read({ from: START })
    page.states.map(({ value }) => value).should.eql([80])
    page.isLast.should.be.true()
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
      { type: 'weight', model: 'Body+' },
      { type: 'weight', model: 'Body' },
      { type: 'heart_pulse', model: 'Body' }
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
    page.states.should.have.length(1)
    page.unreadable.should.equal(2)
  })

  it('is that of the wanted device only', async () => {
    answers = [{ measuregrps: [groupOf(1, [weight(80)]), groupOf(2, [weight(81)], { deviceid: 'other' })] }]
    const states = await statesIn({ deviceId: 'other' })
    states.map(({ value }) => value).should.eql([81])
  })

  for (const addressing of ['discovery', 'own'] satisfies Addressing[])
    it(`leaves out devices that other imports send, and what was typed in (${addressing})`, async () => {
      const devices = ['scale', 'scale2', null]
      const measuregrps = devices.map((deviceid, number) => groupOf(number, [weight(80)], { deviceid }))
      answers = [{ measuregrps }]
      const { states, introduced } = await read({ except: ['scale', 'manual'], addressing })
      const address = addressOfSource({ userId: '12', deviceId: 'scale2', type: 'weight' }, addressing)
      states.map(({ feature }) => feature).should.eql([address.feature])
      introduced.should.match([{ deviceId: 'scale2' }])
    })

  it('fails as the call does', async () => {
    const failure = new CodedError('LOGIN_NEEDED', 'verbatim', { text: 'log in' })
    answers = [failure]
    await read().should.be.rejectedWith(failure)
  })
})
