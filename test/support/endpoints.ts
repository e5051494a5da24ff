import { setImmediate as nextTurn } from 'node:timers/promises'
import { CodedError } from '../../lib/base/errors'
import { asObject, type JsonObject } from '../../lib/base/json'
import { portionsOf } from '../../lib/base/slices'
import { itemsIn } from '../../lib/gladys/model/input'
import { statesOf } from '../../lib/gladys/model/states'
import { syncGoals } from '../../lib/withings/activity/activity'
import { syncIntraday } from '../../lib/withings/activity/intraday-sync'
import { daysSource, workoutsSource } from '../../lib/withings/activity/sync'
import type { FetchContext } from '../../lib/withings/api/client'
import { parseEnvelope } from '../../lib/withings/api/envelope'
import { pairOf } from '../../lib/withings/auth/oauth'
import { fetchDevices } from '../../lib/withings/devices/devices'
import { HEART_LIST } from '../../lib/withings/heart/ecg'
import { recordingsSource, STETHOSCOPE_LIST } from '../../lib/withings/heart/recordings'
import { parseSignal } from '../../lib/withings/heart/signal'
import { syncMeasures } from '../../lib/withings/measures/sync'
import { bedEventsOf } from '../../lib/withings/notifications/bed-events'
import { messageOf } from '../../lib/withings/notifications/notification'
import { parseWebhookBody } from '../../lib/withings/notifications/webhook-body'
import { parseSubscriptions } from '../../lib/withings/notifications/subscriptions'
import { parseSegments } from '../../lib/withings/sleep/stages'
import { syncSleep } from '../../lib/withings/sleep/sync'
import type { Query } from '../../lib/withings/sync/query'
import type { Row, RowSource } from '../../lib/withings/sync/row'
import { sync } from '../../lib/withings/sync/sync'
import { startSimulator } from '../simulator'
import { login, post, type Session } from '../simulator/raw-client'
import { contextOf } from './context'

/** One call of Withings, or one input of a flow: a real answer, and what the package makes of any answer. */
export interface Endpoint {
  name: string
  /** As it came, with its status. */
  answer: JsonObject
  /** Where its rows are in `body`; undefined: it has none, and may be refused as a whole. */
  rows?: string
  /** What a node gets of the answer. */
  deliver(text: string): Promise<unknown[]>
}

const NOW = Date.UTC(2026, 10, 22, 7)
const DAY = 86_400
const MOST_ROWS = 12
const clock = { now: () => NOW }
const everything: Query = { kind: 'span', from: 0, until: undefined }

/** All endpoints, with rows of the simulated household. */
export async function endpoints(): Promise<Endpoint[]> {
  const simulator = await startSimulator({ seed: 3, now: () => NOW, years: 0.06 })
  try {
    const people = ['Ada', 'Ben'].map(name => simulator.people.find(person => person.name === name)!)
    const [ada, ben] = (await Promise.all(people.map(({ userId }) => login(simulator, userId)))) as [
      Session,
      Session
    ]
    const ask = async ({ accessToken }: Session, path: string, form: Record<string, string>) =>
      JSON.parse(JSON.stringify(await post(simulator, path, form, accessToken))) as JsonObject
    const days = { startdateymd: '2026-11-01', enddateymd: '2026-11-22' }
    const today = NOW / 1000
    const devices = await ask(ben, '/v2/user', { action: 'getdevice' })
    const client = (text: string) => ({
      call: (request: { params: Readonly<Record<string, string>> }) =>
        // As the client does it: what comes of a large answer has its turn after the parsing.
        nextTurn(bodyOf(request.params.action === 'getdevice' ? JSON.stringify(devices) : text))
    })
    const { userId } = ben
    const contextFor = (text: string) => contextOf(client(text), clock, { userId })
    const night = { napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 0 }
    const nights = await ask(ben, '/v2/sleep', { action: 'getsummary', ...days })
    const [firstNight] = (asObject(nights.body)?.series ?? []) as { startdate: number; enddate: number }[]
    const ecgs = await ask(ada, '/v2/heart', { action: 'list' })
    const signalid = ((asObject(ecgs.body)?.series ?? []) as { ecg?: { signalid?: number } }[]).find(
      row => row.ecg?.signalid !== undefined
    )?.ecg?.signalid
    const all: Endpoint[] = [
      {
        name: 'getmeas',
        answer: await ask(ada, '/measure', { action: 'getmeas', category: '1' }),
        rows: 'measuregrps',
        deliver: async text =>
          rowsOf(await syncMeasures(contextFor(text), { query: { ...everything, types: [] } }))
      },
      {
        name: 'getactivity',
        answer: await ask(ben, '/v2/measure', { action: 'getactivity', ...days }),
        rows: 'activities',
        deliver: async text => listed(contextFor(text), daysSource(contextFor(text)))
      },
      {
        name: 'getworkouts',
        answer: await ask(ben, '/v2/measure', { action: 'getworkouts', ...days }),
        rows: 'series',
        deliver: async text => listed(contextFor(text), workoutsSource(contextFor(text)))
      },
      {
        name: 'getintradayactivity',
        answer: await ask(ben, '/v2/measure', {
          action: 'getintradayactivity',
          startdate: String(today - 40 * 3_600),
          enddate: String(today - 17 * 3_600)
        }),
        rows: 'series',
        deliver: async text => {
          const plan: Query = { kind: 'span', from: today - 2 * DAY, until: today - DAY - 1 }
          const samples: unknown[] = []
          for await (const slice of syncIntraday(contextFor(text), { query: plan }))
            samples.push(...slice.samples)
          return samples
        }
      },
      {
        name: 'getgoals',
        answer: await ask(ben, '/v2/user', { action: 'getgoals' }),
        deliver: async text => [(await syncGoals(contextFor(text), { query: everything })).goals]
      },
      {
        name: 'getsummary',
        answer: nights,
        rows: 'series',
        deliver: async text => {
          const sleep = { rules: night, units: 'metric' as const }
          return (await syncSleep(contextFor(text), sleep, { query: everything })).nights
        }
      },
      {
        name: 'getsummary (beds)',
        answer: await ask(ada, '/v2/sleep', { action: 'getsummary', ...days, data_fields: 'night_events' }),
        rows: 'series',
        deliver: text =>
          Promise.resolve(
            listOf(bodyOf(text).series).flatMap(row => bedEventsOf(asObject(row) ?? {}, userId))
          )
      },
      {
        name: 'sleep get',
        answer: await ask(ben, '/v2/sleep', {
          action: 'get',
          startdate: String(firstNight!.startdate),
          enddate: String(firstNight!.enddate)
        }),
        rows: 'series',
        deliver: text => Promise.resolve(parseSegments(bodyOf(text)).segments)
      },
      {
        name: 'heart list',
        answer: ecgs,
        rows: 'series',
        deliver: async text =>
          listed(contextFor(text), recordingsSource(contextFor(text), HEART_LIST, everything))
      },
      {
        name: 'stetho list',
        answer: await ask(ada, '/v2/stetho', { action: 'list' }),
        rows: 'series',
        deliver: async text =>
          listed(contextFor(text), recordingsSource(contextFor(text), STETHOSCOPE_LIST, everything))
      },
      {
        name: 'heart get',
        answer: await ask(ada, '/v2/heart', { action: 'get', signalid: String(signalid) }),
        deliver: text => Promise.resolve([parseSignal(bodyOf(text), userId, '1')])
      },
      {
        name: 'getdevice',
        answer: devices,
        rows: 'devices',
        deliver: async text => fetchDevices({ call: () => Promise.resolve(bodyOf(text)), userId })
      },
      {
        name: 'notify list',
        answer: {
          status: 0,
          body: {
            profiles: [1, 4, 44].map(appli => ({ appli, callbackurl: `https://home.example.org/${appli}` }))
          }
        },
        rows: 'profiles',
        deliver: text => Promise.resolve(parseSubscriptions(bodyOf(text)))
      },
      {
        name: 'tokens',
        answer: {
          status: 0,
          body: {
            userid: '12',
            access_token: 'a',
            refresh_token: 'b',
            expires_in: 10_800,
            scope: 'user.info'
          }
        },
        deliver: text => Promise.resolve([pairOf(bodyOf(text))])
      },
      {
        name: 'a delivery',
        answer: {
          status: 0,
          body: { userid: '12', appli: '44', startdate: '1790000000', enddate: '1790030000' }
        },
        deliver: text => {
          const notification = parseWebhookBody(bodyOf(text), '12')
          return Promise.resolve(notification ? [messageOf(notification)] : [])
        }
      },
      {
        name: 'readings for Gladys',
        answer: { status: 0, body: { payload: readings() } },
        rows: 'payload',
        deliver: async text => {
          const stamp = { addressing: 'own' as const, liveMinutes: 15, now: () => NOW }
          const states: unknown[] = []
          for await (const portion of portionsOf(itemsIn(bodyOf(text).payload)))
            for (const state of statesOf(portion, stamp).states) states.push(state)
          return states
        }
      }
    ]
    return all.map(endpoint => ({ ...endpoint, answer: shortened(endpoint.answer, endpoint.rows) }))
  } finally {
    await simulator.close()
  }
}

/** Whether an answer without rows may end so. */
export function isRefusal(error: unknown): boolean {
  return error instanceof CodedError
}

function bodyOf(text: string): JsonObject {
  const { status, body } = parseEnvelope({ httpStatus: 200, text: text })
  if (status !== 0) throw new CodedError('WITHINGS_REFUSED', null, { text: 'refused' })
  return body
}

async function listed<R extends Row>(context: FetchContext, source: RowSource<R>): Promise<R[]> {
  return (await sync(context, source, { query: everything })).rows
}

function rowsOf({ rows }: { rows: unknown[] }): unknown[] {
  return rows
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function shortened(answer: JsonObject, rows: string | undefined): JsonObject {
  const body = asObject(answer.body) ?? {}
  if (rows === undefined) return answer
  const list = body[rows]
  const few = Array.isArray(list)
    ? list.slice(0, MOST_ROWS)
    : Object.fromEntries(Object.entries(asObject(list) ?? {}).slice(0, MOST_ROWS))
  return { ...answer, body: { ...body, more: false, [rows]: few } }
}

function readings(): unknown[] {
  return Array.from({ length: MOST_ROWS }, (_, index) => ({
    type: 'weight',
    value: 80 + index / 8,
    unit: 'kg',
    date: new Date(NOW - index * 60_000).toISOString(),
    userId: '12',
    deviceId: 'abc',
    model: 'Body Scan',
    source: 'device',
    groupId: String(index),
    modified: new Date(NOW).toISOString()
  }))
}
