import should from 'should'
import { messagesOfItems } from '../../../../lib/withings/readings/item-messages'
import type { Reading } from '../../../../lib/withings/readings/reading'
import { SleepBench } from '../../../support/sleep-bench'

/** Entity of Home Assistant → field of Withings, type and unit of the reading, and the value of this night. */
const entities: [entity: string, field: string, type: string, unit: string | null, value: number][] = [
  ['sleep_deep_duration_seconds', 'deepsleepduration', 'deep_sleep_duration', 's', 5_820],
  ['sleep_light_duration_seconds', 'lightsleepduration', 'light_sleep_duration', 's', 13_440],
  ['sleep_rem_duration_seconds', 'remsleepduration', 'rem_sleep_duration', 's', 6_180],
  [
    'sleep_breathing_disturbances_intensity',
    'breathing_disturbances_intensity',
    'breathing_disturbances_intensity',
    null,
    12
  ],
  ['sleep_tosleep_duration_seconds', 'sleep_latency', 'sleep_latency', 's', 780],
  ['sleep_towakeup_duration_seconds', 'wakeup_latency', 'wakeup_latency', 's', 240],
  ['sleep_heart_rate_average_bpm', 'hr_average', 'sleep_heart_rate_average', 'bpm', 57],
  ['sleep_heart_rate_min_bpm', 'hr_min', 'sleep_heart_rate_min', 'bpm', 49],
  ['sleep_heart_rate_max_bpm', 'hr_max', 'sleep_heart_rate_max', 'bpm', 84],
  ['sleep_respiratory_average_bpm', 'rr_average', 'sleep_respiratory_rate_average', 'breaths/min', 14],
  ['sleep_respiratory_min_bpm', 'rr_min', 'sleep_respiratory_rate_min', 'breaths/min', 11],
  ['sleep_respiratory_max_bpm', 'rr_max', 'sleep_respiratory_rate_max', 'breaths/min', 19],
  ['sleep_score', 'sleep_score', 'sleep_score', 'points', 82],
  ['sleep_snoring', 'snoring', 'snoring_duration', 's', 1_260],
  ['sleep_snoring_eposode_count', 'snoringepisodecount', 'snoring_episode_count', null, 4],
  ['sleep_wakeup_count', 'wakeupcount', 'wakeup_count', null, 3],
  ['sleep_wakeup_duration_seconds', 'wakeupduration', 'awake_duration', 's', 1_980]
]

describe('what Home Assistant knows of a night', () => {
  let desk: SleepBench
  let latest: Record<string, Reading>

  before(async () => {
    desk = await SleepBench.open()
    const data = Object.fromEntries(entities.map(([, field, , , value]) => [field, value]))
    desk.addNight('2026-11-20T22:00:00Z', '2026-11-21T06:00:00Z')
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { data })
    desk.addNight('2026-11-22T12:30:00Z', '2026-11-22T13:20:00Z')
    const { nights } = await desk.run({ kind: 'new', days: 30 })
    const items = nights.map(({ night }) => night)
    items.map(({ kind }) => kind).should.eql(['night', 'night', 'nap'])
    const [message] = messagesOfItems(items, desk.userId, 'night', 'latest')
    latest = message!.payload as Record<string, Reading>
  })
  after(() => desk.close())

  for (const [entity, , type, unit, value] of entities) {
    it(`is a reading: ${entity} is ${type}`, () => {
      should(latest[type]).match({
        type,
        value,
        unit,
        date: '2026-11-22T06:00:00.000Z',
        userId: desk.userId,
        source: 'device'
      })
    })
  }
})
