import type { HeartRow, NewEcg, Person, StethoRow } from './types'
import { secondsOf, type World } from './world'

const scanWatch = 93
const beamO = 71

/** Comes first in the list; the generated ones are in no order. */
export function addEcg(world: World, person: Person, recording: NewEcg): number {
  const { afib = 0, synced = true, ...parts } = recording
  const signalid = world.newSignalId()
  const timestamp = parts.timestamp ?? secondsOf(world.clock)
  const row: HeartRow = {
    deviceid: deviceOf(person),
    model: scanWatch,
    ecg: { signalid, afib },
    heart_rate: 62,
    modified: secondsOf(world.clock),
    timezone: person.timezone,
    ...parts,
    timestamp
  }
  person.recordings.heart.unshift(row)
  if (!synced) person.recordings.unsynced.add(signalid)
  return signalid
}

export function addStetho(world: World, person: Person, recording: Partial<StethoRow>): number {
  const signalid = recording.signalid ?? world.newSignalId()
  person.recordings.stetho.unshift({
    hash_deviceid: deviceOf(person, beamO),
    vhd: 0,
    timestamp: secondsOf(world.clock),
    timezone: person.timezone,
    ...recording,
    signalid
  })
  return signalid
}

function deviceOf({ devices }: Person, model = scanWatch): string {
  const device = devices.find(({ model_id }) => model_id === model) ?? devices[0]
  return device?.deviceid ?? 'unlisted'
}
