import type { BedMove } from './beds'
import type { Faults } from './faults'
import type { NotifyDesk } from './notify'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export interface Client {
  id: string
  secret: string
  callbackUrls: string[]
}

export interface SimulatorOptions {
  seed?: number
  port?: number
  /** Milliseconds; default Date.now. */
  now?: () => number
  /** Groups on a page of getmeas. */
  pageSize?: number
  /** Reach of the generated history. */
  years?: number
  /** A subset of the names; the demo person is always there. */
  people?: string[]
  client?: Client
  requestsPerMinute?: number
}

export interface Measure {
  value: number
  type: number
  unit: number
  position?: number
  algo?: number
  fm?: number
  apppfmid?: number
  appliver?: number
}

export interface MeasureGroup {
  grpid: number
  attrib: number
  date: number
  created: number
  modified: number
  category: number
  /** Where the person was; others than the home of the person are seen in journeys. */
  timezone: string
  /** Undocumented, of SpO2. */
  is_inconclusive?: boolean
  deviceid: string | null
  hash_deviceid: string | null
  measures: Measure[]
  modelid?: number | null
  model?: string | number | null
  brand?: number
  devtype?: number
  comment: null
}

export interface Device {
  type: string
  model: string
  model_id: number
  battery: string
  deviceid: string
  hash_deviceid: string
  timezone: string
  first_session_date: number | null
  last_session_date: number | null
}

/** A row of the list of the heart. */
export interface HeartRow {
  deviceid: string
  model: number
  ecg?: { signalid: number; afib: number }
  bloodpressure?: { diastole: number; systole: number }
  stetho?: { signalid: number; vhd: number }
  heart_rate?: number | { grpid: number; value: number; date: number; is_deleted: boolean }
  modified: number
  timestamp: number
  timezone?: string
}

/** A row of the list of the stethoscope. */
export interface StethoRow {
  hash_deviceid: string
  signalid: number
  vhd: number
  timestamp: number
  timezone: string
}

export interface Recordings {
  /** In the order in which they are handed out. */
  heart: HeartRow[]
  stetho: StethoRow[]
  /** Signals that the device has not sent yet. */
  unsynced: Set<number>
}

/** A record of getsummary, with all of its `data`. */
export interface NightRow {
  id: number
  timezone: string
  /** 16 tracker, 32 sleep monitor */
  model: number
  model_id: number
  /** -1 in `model_id` beside a good one here was seen. */
  modelid?: number
  /** Missing in records of 2018 to 2020, whose device is named by its model only. */
  hash_deviceid?: string | null | undefined
  startdate: number
  enddate: number
  date: string
  created: number
  modified: number
  completed?: boolean
  data: JsonObject
}

export type NewNight = Pick<NightRow, 'startdate' | 'enddate'> & Partial<NightRow> & { scored?: boolean }

/** A row of getactivity; only `date` and `modified` are always there. */
export interface ActivityRow {
  date: string
  modified: number
  timezone?: string
  [field: string]: Json | undefined
}

/** A row of getworkouts. */
export interface WorkoutRow {
  id: number
  startdate: number
  enddate: number
  date: string
  modified: number
  data: JsonObject
  [field: string]: Json
}

/** What was counted, as the calls hand it out. */
export interface ActivityLog {
  days: ActivityRow[]
  workouts: WorkoutRow[]
  /** Fields of a sample by its time in Unix seconds, in ascending order. */
  samples: Map<number, JsonObject>
  goals: JsonObject | null
}

export interface Person {
  userId: string
  name: string
  timezone: string
  /** As getdevice lists them, duplicates included. */
  devices: Device[]
  /** In the order in which getmeas hands them out. */
  groups: MeasureGroup[]
  recordings: Recordings
  /** In the order in which getsummary hands them out. */
  readonly sleep: NightRow[]
  /** Made when it is first asked for. */
  readonly activity: ActivityLog
  /** When they got into and out of a bed with a mat. */
  beds: BedMove[]
}

export interface ExpectedReading {
  meastype: number
  /** Plain decimal text, without trailing zeros. */
  value: string
  /** Null for none and for the whole body: 7, and 6 of what is no segment. */
  position: number | null
  attrib: number
  inconclusive: boolean
  /** Unix seconds. */
  date: number
  grpid: number
  deviceId: string | null
}

export interface RequestLogEntry {
  at: number
  method: string
  path: string
  /** Empty when none was sent. */
  action: string
  params: Record<string, string>
  userId: string | null
  /** Withings status; the HTTP code when the answer is not an envelope; null when nothing was answered. */
  answerStatus: number | null
}

export interface TokenPair {
  accessToken: string
  refreshToken: string
}

export interface Clock {
  /** Moves the simulator's clock forward; calls add up. */
  offset(ms: number): void
  now(): number
}

export interface ConsentOptions {
  userId?: string
  scopes?: string[]
  deny?: boolean
}

export interface Simulator {
  readonly url: string
  readonly client: Client
  readonly people: Person[]
  readonly requests: RequestLogEntry[]
  readonly clock: Clock
  readonly faults: Faults
  /** Who is to be called, and where a public address leads. */
  readonly notify: NotifyDesk
  readonly tokens: {
    expireAccess(userId: string): void
    revokeGrant(userId: string): void
    issued(userId: string): TokenPair[]
  }
  addGroup(userId: string, group: NewGroup): void
  editGroup(userId: string, grpid: number, change: Partial<MeasureGroup>): void
  removeGroup(userId: string, grpid: number): void
  /** An ECG of this moment, unless the recording says otherwise; gives its signalid. */
  addEcg(userId: string, recording?: NewEcg): number
  /** A recording of the stethoscope of this moment; gives its signalid. */
  addStetho(userId: string, recording?: Partial<StethoRow>): number
  /** The device meets its phone: the signal can be read from now on. */
  syncSignal(userId: string, signalid: number): void
  /** A night as from now on listed, scored unless it says otherwise; gives its id. */
  addNight(userId: string, night: NewNight): number
  /** Withings is done with a night: it has its score now. */
  scoreNight(userId: string, id: number, score: number): void
  editNight(userId: string, id: number, change: Partial<NightRow>): void
  /** A new row of getactivity, or a change of the one with the same date and brand; modified now. */
  putDay(userId: string, row: { date: string } & JsonObject): void
  /** A workout that has just ended, unless the row says otherwise; gives its id. */
  addWorkout(userId: string, row?: Partial<WorkoutRow>): number
  editWorkout(userId: string, id: number, change: Partial<WorkoutRow>): void
  /** A sample of this moment, or one that came late or changed. */
  putSample(userId: string, time: number, fields: JsonObject): void
  setGoals(userId: string, goals: JsonObject | null): void
  grant(options: { userId: string; scopes?: string[]; redirectUri: string }): string
  consent(authorizeUrl: string, options?: ConsentOptions): Promise<string>
  expectedReadings(userId: string): ExpectedReading[]
  close(): Promise<void>
}

export type NewGroup = Partial<MeasureGroup> & { measures: Measure[] }

export type NewEcg = Partial<Omit<HeartRow, 'ecg'>> & {
  afib?: number
  /** Default true. */
  synced?: boolean
}
