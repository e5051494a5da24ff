import type { JsonObject } from '../../../../lib/base/json'
import { DayDevices, dayFormat, type DayRow, withDevice } from '../../../../lib/withings/activity/days'
import { parseDevices } from '../../../../lib/withings/devices/devices'
import { latestOf, readingsOfRows } from '../../../../lib/withings/readings/item-messages'
import { contextOf } from '../../../support/context'
import { decodedRows } from '../../../support/decoded'
import { FakeClock } from '../../../support/fake-clock'

const HOUR = 3_600_000
const now = Date.parse('2026-11-22T12:00:00Z')
const row = (changes: JsonObject = {}): DayRow =>
  decodedRows(
    {
      activities: [
        {
          ...{ date: '2026-11-22', timezone: 'Europe/Paris', deviceid: null, hash_deviceid: null, brand: 1 },
          ...{ is_tracker: true, modelid: 94, model: 'ScanWatch 2', modified: now / 1000 - 600, steps: 8123 },
          ...changes
        }
      ]
    },
    dayFormat('12', now / 1000)
  ).rows[0]!
const list = (...devices: JsonObject[]) => parseDevices({ devices }, '12')!
const watch = { deviceid: 'watch', type: 'Activity Tracker', model: 'ScanWatch 2', model_id: 94 }

describe('a day of a tracker that it does not name', () => {
  const deviceIn = (day: DayRow, ...devices: JsonObject[]) => withDevice(day, list(...devices)).item.deviceId

  it('belongs to the one device of its model, by number or by name', () => {
    deviceIn(row(), watch, { ...watch, deviceid: 'mat', model_id: 63 })!.should.equal('watch')
    deviceIn(row({ modelid: -1 }), watch)!.should.equal('watch')
    deviceIn(row(), { ...watch, model_id: null })!.should.equal('watch')
  })

  it('belongs to none where two have it, or nobody, or a phone counted', () => {
    const devices = [
      deviceIn(row(), watch, { ...watch, deviceid: 'other' }),
      deviceIn(row()),
      deviceIn(row({ is_tracker: false }), watch)
    ]
    devices.should.eql([null, null, null])
    row().item.model!.should.equal('ScanWatch 2')
  })

  it('keeps the id that cursors on disk have', () => {
    withDevice(row(), list(watch)).id.should.equal('2026-11-22 withings ')
    row({ brand: 18 }).id.should.equal('2026-11-22 external ')
  })

  it('is a day of Withings though it is filed under other brands', () => {
    row({ brand: 18 }).item.brand.should.equal('withings')
    row({ brand: 18, modelid: 1056, model: 'Samsung Health tracker' }).item.brand.should.equal('external')
    row({ brand: 18, is_tracker: false }).item.brand.should.equal('external')
  })

  it('goes before what another maker counted that day, whoever told it last', () => {
    const other = row({ brand: 18, is_tracker: false, steps: 4321, modified: now / 1000 - 60 })
    latestOf(readingsOfRows([row(), other])).steps!.value.should.equal(8123)
    latestOf(readingsOfRows([other, row()])).steps!.value.should.equal(8123)
  })
})

describe('the devices of days', () => {
  const tracker = { modelId: 94, model: 'ScanWatch 2' }
  const clock = new FakeClock(now)
  let asked = 0
  let answer: () => JsonObject
  const context = contextOf({ call: () => Promise.resolve().then(() => ((asked += 1), answer())) }, clock)
  const later = (hours: number) => clock.advance(hours * HOUR)

  beforeEach(() => {
    asked = 0
    answer = () => ({ devices: [watch] })
  })

  it('are asked for once a day, and not at all where every day names its own', async () => {
    const known = new DayDevices()
    await known.list(context, [])
    asked.should.equal(0)
    for (let run = 0; run < 3; run += 1) (await known.list(context, [tracker])).devices.should.have.length(1)
    asked.should.equal(1)
    await later(24)
    await known.list(context, [tracker])
    asked.should.equal(2)
  })

  it('are asked for hourly while a model is not among them, or the request fails', async () => {
    const known = new DayDevices()
    answer = () => {
      throw new Error('away')
    }
    for (let run = 0; run < 2; run += 1) (await known.list(context, [tracker])).devices.should.eql([])
    asked.should.equal(1)
    await later(1)
    answer = () => ({ devices: [] })
    for (let run = 0; run < 2; run += 1) await known.list(context, [tracker])
    asked.should.equal(2)
    await later(1)
    answer = () => ({ devices: [watch] })
    ;(await known.list(context, [tracker])).devices.should.have.length(1)
    asked.should.equal(3)
  })
})
