import type { JsonObject } from '../../../../lib/base/json'
import { deviceName } from '../../../../lib/gladys/model/names'
import { trackerIdOf } from '../../../../lib/gladys/model/trackers'
import { dayFormat, type DayRow } from '../../../../lib/withings/activity/days'
import { workoutFormat, type WorkoutRow } from '../../../../lib/withings/activity/workouts'
import type { RowFormat, RowOfReadings } from '../../../../lib/withings/sync/row'
import { parseInput } from '../../../support/parse-input'

const naming = { wording: (_key: string, fallback: string) => fallback, personOf: () => 'Ada' }
const NOW = Date.UTC(2026, 10, 22, 12) / 1000

describe('who counted a day, in Gladys', () => {
  const decoded = <R extends RowOfReadings>(format: RowFormat<R>, raw: JsonObject): R =>
    format.decode(raw, 0, []) as R
  const day = (raw: JsonObject): DayRow =>
    decoded(dayFormat('12', NOW), { date: '2026-11-20', timezone: 'UTC', steps: 8000, ...raw })
  const workout = (raw: JsonObject): WorkoutRow =>
    decoded(workoutFormat('12'), { id: 7, category: 1, startdate: NOW - 900, enddate: NOW, ...raw })
  const devicesOf = (payload: unknown) => [
    ...new Set(parseInput(payload).map(item => (item.kind === 'reading' ? item.deviceId : item.kind)))
  ]

  it('is a device by the model id that the row tells', () => {
    const watch = day({ brand: 1, is_tracker: true, modelid: 94, model: 'ScanWatch 2', deviceid: null })
    const phone = day({ brand: 18, is_tracker: false, modelid: 1056, model: 'Samsung Health tracker' })
    devicesOf(watch.item).should.eql(['model-94'])
    devicesOf(phone.item).should.eql(['model-1056'])
    devicesOf([watch.item, phone.item]).should.eql(['model-94', 'model-1056'])
    devicesOf(phone.readings).should.eql(['model-1056'])
  })

  it('is a device by its brand where the row tells no model id', () => {
    devicesOf(day({ brand: 18, modelid: -1, model: null }).item).should.eql(['brand-18'])
    devicesOf(day({ brand: 5 }).item).should.eql(['brand-5'])
    devicesOf(day({ brand: 1 }).item).should.eql(['brand-1'])
  })

  it('is the device at Withings where there is one', () => {
    devicesOf(day({ brand: 1, is_tracker: true, modelid: 94, deviceid: 'watch' }).item).should.eql(['watch'])
  })

  it('is nobody for what was typed in', () => {
    const typed = { userId: '12', deviceId: null, model: null, unit: 'kg', date: NOW, value: 80 }
    devicesOf({ ...typed, type: 'weight', source: 'manual' }).should.eql([null])
    devicesOf({ ...typed, type: 'weight', source: 'device' }).should.eql([null])
    devicesOf({ ...typed, type: 'steps' }).should.eql([null])
    devicesOf(workout({ attrib: 2, model: null }).item).should.eql([null])
    devicesOf(workout({ attrib: 0, model: null }).item).should.eql([null])
  })

  it('counts for workouts too', () => {
    devicesOf(workout({ brand: 18, model: 1055 }).item).should.eql(['model-1055'])
    devicesOf(workout({ attrib: 0, model: 1053 }).item).should.eql(['model-1053'])
    devicesOf(workout({ attrib: 0, model: 94, deviceid: 'watch' }).item).should.eql(['watch'])
  })

  it('takes no id from a flow that is none', () => {
    const steps = { type: 'steps', deviceId: null, source: 'external' }
    for (const modelId of [-1, 1.5, '94/#', {}, null])
      trackerIdOf({ ...steps, modelId })!.should.equal('brand-18')
  })

  it('has a name of its own', () => {
    const nameOf = (deviceId: string | null, model: string | null) =>
      deviceName({ userId: '12', deviceId, model }, naming)
    nameOf('model-94', 'ScanWatch 2').should.equal('ScanWatch 2 (Ada)')
    nameOf('model-1056', 'Samsung Health tracker').should.equal('Samsung Health (Ada)')
    nameOf('model-1055', 'GoogleFit tracker').should.equal('Google Fit (Ada)')
    nameOf('model-4711', 'Some new tracker').should.equal('Some new (Ada)')
    nameOf('model-4711', null).should.equal('Withings 4711 (Ada)')
    nameOf('brand-18', 'Samsung Health tracker').should.equal('Samsung Health (Ada)')
    nameOf('brand-18', null).should.equal('Other app (Ada)')
    nameOf('brand-1', null).should.equal('Withings app (Ada)')
    nameOf('watch', 'ScanWatch 2').should.equal('ScanWatch 2 (Ada)')
    nameOf(null, 'GoogleFit tracker').should.equal('Manual entries (Ada)')
  })
})
