import { createHash } from 'node:crypto'
import { addWorkout, editWorkout, putDay, putSample } from './added-activity'
import { addNight, editNight, scoreNight } from './added-nights'
import { addEcg, addStetho } from './added-recordings'
import { permitsRedirect } from './callback-url'
import { consent } from './consent'
import { expectedReadings } from './expected'
import { FaultRegistry } from './faults'
import { Grants } from './grants'
import { addGroup, editGroup, removeGroup } from './groups'
import { createPeople } from './history'
import { Limits } from './limits'
import { NotifyDesk } from './notify'
import { Failures } from './replies'
import { knownScopes } from './scopes'
import { listen, portOf } from './server'
import type { Client, Clock, RequestLogEntry, Simulator, SimulatorOptions } from './types'
import { personOf, secondsOf, type World } from './world'

export type { BedMove } from './beds'
export type { Fault, FaultHandle, FaultKind, FaultRequest, Faults } from './faults'
export type { Subscription } from './notify'
export type * from './types'

const defaults = { seed: 1, port: 0, pageSize: 200, years: 2, requestsPerMinute: 120 }
/** Above those of the generated history. */
const firstAddedGroupId = 5_207_274_273
const firstAddedSignalId = 600_000_001
const firstAddedNightId = 3_950_000_001

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed, port, pageSize, years, requestsPerMinute } = { ...defaults, ...options }
  const client = options.client ?? defaultClient(seed)
  const clock = createClock(options.now ?? Date.now)
  const people = createPeople(seed, secondsOf(clock), years, options.people)
  const grants = new Grants(clock, client)
  const faults = new FaultRegistry()
  const limits = new Limits(clock, requestsPerMinute)
  let groupId = firstAddedGroupId
  let signalId = firstAddedSignalId
  let nightId = firstAddedNightId
  const world: World = {
    seed,
    pageSize,
    client,
    clock,
    people,
    grants,
    limits,
    faults,
    failures: new Failures(),
    newGroupId: () => groupId++,
    newSignalId: () => signalId++,
    newNightId: () => nightId++,
    notify: new NotifyDesk()
  }
  const requests: RequestLogEntry[] = []
  const server = await listen(world, requests, port)
  const person = (userId: string) => personOf(people, userId)

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    client,
    people,
    requests,
    clock,
    faults,
    notify: world.notify,
    tokens: {
      expireAccess: userId => grants.expireAccess(person(userId).userId),
      revokeGrant: userId => grants.revoke(person(userId).userId),
      issued: userId => grants.issued(person(userId).userId)
    },
    addGroup: (userId, group) => void addGroup(world, person(userId), group),
    editGroup: (userId, grpid, change) => editGroup(world, person(userId), grpid, change),
    removeGroup: (userId, grpid) => removeGroup(person(userId), grpid),
    addEcg: (userId, recording = {}) => addEcg(world, person(userId), recording),
    addStetho: (userId, recording = {}) => addStetho(world, person(userId), recording),
    syncSignal: (userId, signalid) => void person(userId).recordings.unsynced.delete(signalid),
    addNight: (userId, night) => addNight(world, person(userId), night),
    scoreNight: (userId, id, score) => scoreNight(world, person(userId), id, score),
    editNight: (userId, id, change) => editNight(world, person(userId), id, change),
    putDay: (userId, row) => putDay(world, person(userId), row),
    addWorkout: (userId, row = {}) => addWorkout(world, person(userId), row),
    editWorkout: (userId, id, change) => editWorkout(world, person(userId), id, change),
    putSample: (userId, time, fields) => putSample(person(userId), time, fields),
    setGoals: (userId, goals) => {
      person(userId).activity.goals = goals
    },
    grant: ({ userId, scopes = knownScopes, redirectUri }) => {
      if (!permitsRedirect(client.callbackUrls, redirectUri)) {
        throw new Error(`${redirectUri} is not registered`)
      }
      return grants.newCode({ userId: person(userId).userId, scopes }, redirectUri)
    },
    consent,
    expectedReadings: userId => expectedReadings(person(userId)),
    close: () =>
      new Promise((resolve, reject) => {
        if (!server.listening) {
          return resolve()
        }
        server.close(error => (error === undefined ? resolve() : reject(error)))
        // Those that hang would keep it open.
        server.closeAllConnections()
      })
  }
}

function createClock(source: () => number): Clock {
  let ahead = 0
  return {
    offset: ms => {
      ahead += ms
    },
    now: () => source() + ahead
  }
}

function defaultClient(seed: number): Client {
  const hex = (text: string) => createHash('sha256').update(`${text} ${seed}`).digest('hex')
  return {
    id: hex('client'),
    secret: hex('secret'),
    callbackUrls: ['http://127.0.0.1/', 'http://localhost/']
  }
}
