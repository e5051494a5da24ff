import type { Night } from '../../../../lib/withings/sleep/night'
import { newestSleeps } from '../../../../lib/withings/sleep/night'
import { decodedNights } from '../../../support/decoded'
import { record, rowsOf, RULES, second } from '../../../support/sleep-records'

const nights = (records: object[]): Night[] =>
  decodedNights(rowsOf(...records), RULES).map(({ night }) => night)

describe('a night without the id of its device', () => {
  const times = ['2019-11-21T22:00:00Z', '2019-11-22T06:00:00Z'] as const
  const old = (changes: object) => {
    const { hash_deviceid: _, ...raw } = record(1, ...times)
    return nights([{ ...raw, ...changes }])[0]!
  }

  it('is of another maker where its brand or model says so, and not under the own brand 18', () => {
    const watch = { model: 16, model_id: 93 }
    old({ ...watch, brand: 18, is_tracker: true }).should.match({ source: 'device', model: 'ScanWatch' })
    old({ ...watch, brand: 18, is_tracker: false }).should.match({ source: 'external', model: null })
    old({ model: 16, model_id: 1055 }).should.match({ source: 'external', model: null })
  })

  it('is of the model that it names', () => {
    old({ data: { asleepduration: null } }).should.match({
      deviceId: null,
      model: 'Aura Sensor V2',
      source: 'device'
    })
    old({ model_id: -1, modelid: 63 }).should.match({ model: 'Aura Sensor V2', source: 'device' })
    old({ model_id: 93, modelid: -1, model: 16 }).should.match({ model: 'ScanWatch', source: 'device' })
    old({}).readings[0]!.should.match({ deviceId: null, model: 'Aura Sensor V2', source: 'device' })
  })

  it('is of none where the model is none, too', () => {
    for (const model_id of [-1, 0, null, 'x', undefined])
      old({ model_id }).should.match({ deviceId: null, model: null, source: 'manual' })
  })

  it('goes on only in one of the same model', () => {
    const { hash_deviceid: _, ...later } = record(2, '2019-11-22T06:20:00Z', '2019-11-22T07:00:00Z')
    const { hash_deviceid: __, ...first } = record(1, ...times)
    nights([first, later]).should.have.length(1)
    nights([first, { ...later, model: 16, model_id: 93 }]).should.have.length(2)
  })
})

describe('the newest sleeps', () => {
  const mat = record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', {
    data: { sleep_score: 80, snoring: 60 }
  })
  const watch = record(2, '2026-11-21T22:10:00Z', '2026-11-22T06:20:00Z', {
    hash_deviceid: 'watch',
    data: { sleep_score: 70 }
  })
  const before = record(3, '2026-11-20T22:00:00Z', '2026-11-21T06:00:00Z', {
    data: { sleep_score: 60, hr_average: 50, hr_min: 40 }
  })
  const ids = (...records: object[]) => newestSleeps(nights(records)).map(({ id }) => id)

  it('are one night of one device', () => {
    ids(mat, before, watch).should.eql(['1'])
    ids(watch, mat).should.eql(['1'])
    ids(before).should.eql(['3'])
    ids().should.eql([])
  })

  it('are of the device that has a score, then of that which knows more, then of the longer one', () => {
    ids({ ...mat, data: { snoring: 60, waso: 0 } }, watch).should.eql(['2'])
    ids({ ...mat, completed: false }, watch).should.eql(['2'])
    ids({ ...mat, data: { sleep_score: 80 } }, watch).should.eql(['2'])
    ids(
      { ...mat, data: { sleep_score: 80 } },
      { ...watch, startdate: second('2026-11-22T01:00:00Z') }
    ).should.eql(['1'])
  })

  it('are the last nap beside the last night', () => {
    const nap = record(4, '2026-11-22T13:00:00Z', '2026-11-22T14:00:00Z')
    const earlier = record(5, '2026-11-21T13:00:00Z', '2026-11-21T14:00:00Z')
    ids(nap, earlier, watch, mat).should.eql(['1', '4'])
  })
})
