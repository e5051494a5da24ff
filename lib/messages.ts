import type { Progress } from './gladys/import/state'
import type { SendReport } from './gladys/sender'
import type { Goals } from './withings/activity/activity'
import type { Day } from './withings/activity/days'
import type { Intraday } from './withings/activity/intraday'
import type { Workout } from './withings/activity/workouts'
import type { Device } from './withings/devices/devices'
import type { HeartRecording } from './withings/heart/ecg'
import type { StethoscopeRecording } from './withings/heart/recordings'
import type { HeartSignal } from './withings/heart/signal'
import type { Reading } from './withings/readings/reading'
import type { Night } from './withings/sleep/night'
import type { Stages } from './withings/sleep/stages'

export type { MeasuresMessage } from './withings/measures/messages'
export type { NotificationMessage } from './withings/notifications/notification'
export type {
  Day,
  Device,
  Goals,
  HeartRecording,
  HeartSignal,
  Intraday,
  Night,
  Reading,
  Stages,
  StethoscopeRecording,
  Workout
}

/** What a withings-activity node sends: each item, all of them, or the newest reading of each type. */
export interface ActivityMessage {
  payload: ActivityPayload | ActivityPayload[] | Record<string, Reading>
  topic: string
}
export type ActivityPayload = Day | Workout | Intraday | Goals

/** What a withings-sleep node sends: each night, nap or their stages, all of them, or the newest readings. */
export interface SleepMessage {
  payload: Night | Stages | (Night | Stages)[] | Record<string, Reading>
  topic: string
}

/** What a withings-heart node sends: each recording, all of them, their newest readings, or one signal. */
export interface HeartMessage {
  payload: HeartPayload | HeartPayload[] | Record<string, Reading>
  topic: string
}
export type HeartPayload = HeartRecording | StethoscopeRecording | HeartSignal

/** What a withings-devices node sends: each device, or all of them. */
export interface DevicesMessage {
  payload: Device | Device[]
  topic: string
}

/** What a gladys-device-state node adds to a message on its first output. */
export interface DeviceStateMessage {
  gladys: SendReport
}

/** What a gladys-device-state node sends on its second output while a history is imported. */
export interface ImportMessage {
  payload: ImportProgress
  topic: string
}
export interface ImportProgress extends Progress {
  /** Id of the import. */
  import: string
}
