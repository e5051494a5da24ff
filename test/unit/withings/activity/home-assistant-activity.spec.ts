import type { JsonObject } from '../../../../lib/base/json'
import {
  type ActivityKind,
  type ActivityQuery,
  readActivity
} from '../../../../lib/withings/activity/activity'
import { DayDevices } from '../../../../lib/withings/activity/days'
import type { ActivityItem } from '../../../../lib/withings/readings/item-messages'
import { latestOf } from '../../../../lib/withings/readings/item-messages'
import type { Reading } from '../../../../lib/withings/readings/reading'
import { contextOf } from '../../../support/context'
import { FakeClock } from '../../../support/fake-clock'

/** Sunday evening in Los Angeles, Monday morning in Paris and in UTC: "today" is the Sunday. */
const clock = new FakeClock(Date.parse('2026-11-23T05:30:00Z'))
const at = (iso: string): number => Date.parse(iso) / 1000
const shared = {
  timezone: 'America/Los_Angeles',
  brand: 1,
  deviceid: 'watch',
  modelid: 93,
  model: 'ScanWatch'
}

const answers: Record<ActivityKind, JsonObject> = {
  daily: {
    activities: [
      {
        ...{ ...shared, date: '2026-11-22', modified: at('2026-11-23T05:00:00Z') },
        ...{ steps: 7341, distance: 5402.75, elevation: 9, soft: 7200, moderate: 1500, intense: 420 },
        ...{ active: 1920, calories: 281.4, totalcalories: 1893.125 }
      },
      // A better yesterday, listed last.
      { ...shared, date: '2026-11-21', modified: at('2026-11-22T09:00:00Z'), steps: 15_000, distance: 11_000 }
    ],
    more: false,
    offset: 2
  },
  goals: { goals: { steps: 10_000, sleep: 28_800, weight: { value: 70_500, unit: -3 } } },
  workouts: {
    series: [
      {
        ...{ ...shared, model: 93, id: 2, category: 307, attrib: 0, date: '2026-11-22' },
        ...{ startdate: at('2026-11-22T17:00:00Z'), enddate: at('2026-11-22T17:45:30Z') },
        modified: at('2026-11-22T18:00:00Z'),
        data: {
          calories: 402.5,
          distance: 7012.5,
          elevation: 3,
          intensity: 60,
          pause_duration: 95,
          steps: 8000
        }
      },
      {
        ...{ ...shared, model: 93, id: 1, category: 2, attrib: 0, date: '2026-11-20' },
        ...{ startdate: at('2026-11-20T17:00:00Z'), enddate: at('2026-11-20T18:45:00Z') },
        modified: at('2026-11-23T04:00:00Z'),
        data: { calories: 900, distance: 15_000, elevation: 12, intensity: 80, pause_duration: 10 }
      }
    ],
    more: false,
    offset: 0
  },
  intraday: {}
}

const today = '2026-11-23T05:00:00.000Z'
const lastEnd = '2026-11-22T17:45:30.000Z'
const readAt = '2026-11-23T05:30:00.000Z'

/** Entity of Home Assistant, and the reading that carries it. */
const entities: [
  entity: string,
  what: ActivityKind,
  type: string,
  value: number | string,
  unit: string | null,
  date: string
][] = [
  ['activity_steps_today', 'daily', 'steps', 7341, 'steps', today],
  ['activity_distance_today', 'daily', 'distance', 5402.75, 'm', today],
  ['activity_floors_climbed_today', 'daily', 'elevation', 9, 'm', today],
  ['activity_soft_duration_today', 'daily', 'light_activity_duration', 7200, 's', today],
  ['activity_moderate_duration_today', 'daily', 'moderate_activity_duration', 1500, 's', today],
  ['activity_intense_duration_today', 'daily', 'intense_activity_duration', 420, 's', today],
  ['activity_active_duration_today', 'daily', 'active_duration', 1920, 's', today],
  ['activity_active_calories_today', 'daily', 'active_calories', 281.4, 'kcal', today],
  ['activity_total_calories_today', 'daily', 'total_calories', 1893.125, 'kcal', today],
  ['step_goal', 'goals', 'step_goal', 10_000, 'steps', readAt],
  ['sleep_goal', 'goals', 'sleep_goal', 28_800, 's', readAt],
  ['weight_goal', 'goals', 'weight_goal', 70.5, 'kg', readAt],
  ['workout_type', 'workouts', 'workout_type', 'indoor_running', null, lastEnd],
  ['workout_active_calories', 'workouts', 'workout_active_calories', 402.5, 'kcal', lastEnd],
  ['workout_distance', 'workouts', 'workout_distance', 7012.5, 'm', lastEnd],
  ['workout_floors_climbed', 'workouts', 'workout_elevation', 3, 'm', lastEnd],
  ['workout_intensity', 'workouts', 'workout_intensity', 60, null, lastEnd],
  ['workout_pause_duration', 'workouts', 'workout_pause_duration', 95, 's', lastEnd],
  ['workout_duration', 'workouts', 'workout_duration', 2730, 's', lastEnd]
]

const nothingKept = { get: () => undefined, set: () => Promise.resolve() }

async function itemsOf(what: ActivityKind): Promise<ActivityItem[]> {
  const call = () => Promise.resolve(answers[what])
  const query: ActivityQuery = {
    query: { kind: 'new', days: 14 },
    options: { external: 'include', device: '', units: 'metric' },
    cursors: { rows: nothingKept, samples: nothingKept },
    devices: new DayDevices()
  }
  const items: ActivityItem[] = []
  for await (const part of readActivity(what, contextOf({ call }, clock), query)) items.push(...part.items)
  return items
}

describe('every entity of Home Assistant on activity, goals and the last workout', () => {
  for (const [entity, what, type, value, unit, date] of entities)
    it(`${entity} is the reading ${type}`, async () => {
      const items = await itemsOf(what)
      const expected: Partial<Reading> = { type, value, unit, date, userId: '12' }
      latestOf(items.flatMap(item => item.readings))[type]!.should.match(expected)
      items.at(-1)!.values.should.have.property(type, value)
    })

  it('today is the one day that says so', async () => {
    const days = (await itemsOf('daily')) as (ActivityItem & { day: string; isToday: boolean })[]
    days
      .map(({ day, isToday }) => [day, isToday])
      .should.eql([
        ['2026-11-21', false],
        ['2026-11-22', true]
      ])
  })
})
