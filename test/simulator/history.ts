import { activityOf } from './activity-log'
import type { Draft } from './drafts'
import { sleepOf } from './nights'
import { oddDrafts } from './oddities'
import { otherHabitsOf } from './other-habits'
import { demoName, deviceId, devicesOf, type Profile, profiles } from './profiles'
import { hash, Random } from './random'
import { recordingsOf } from './recordings'
import type { ActivityLog, MeasureGroup, NightRow, Person } from './types'
import { weighInGroups, weighInsOf } from './weigh-ins'

/** Seconds between the newest weigh-in and now. */
const newestAge = 240

export function createPeople(seed: number, now: number, years: number, names?: string[]): Person[] {
  const unknown = names?.find(name => !profiles.some(profile => profile.name === name))
  if (unknown !== undefined) {
    throw new Error(`Nobody is called ${unknown}`)
  }
  return profiles
    .filter(({ name }) => names === undefined || name === demoName || names.includes(name))
    .map(profile => createPerson(profile, seed, now, years))
}

function createPerson(profile: Profile, seed: number, now: number, years: number): Person {
  const random = new Random(seed, profile.name)
  const days = Math.round(years * 365)
  const drafts = [...weighInsOf(profile, random, now, days), ...otherHabitsOf(profile, random, now, days)]
  if (profile.odd) {
    drafts.push(...oddDrafts(now))
  }
  if (profile.newestGrams !== null) {
    const newest = {
      date: now - newestAge,
      grams: profile.newestGrams,
      fatPercent: profile.fatPercent,
      barefoot: true
    }
    drafts.push(...weighInGroups(profile, random, newest, 0))
  }
  let sleep: NightRow[] | undefined
  let activity: ActivityLog | undefined
  return {
    userId: profile.userId,
    name: profile.name,
    timezone: profile.timezone,
    devices: devicesOf(profile, seed, now, years),
    groups: shuffled(finish(drafts, seed, random, now, profile), seed),
    recordings: recordingsOf(profile, seed, now, days),
    get sleep() {
      return (sleep ??= sleepOf(profile, seed, now, days))
    },
    get activity() {
      return (activity ??= activityOf(profile, seed, now, days))
    },
    beds: []
  }
}

function finish(
  drafts: Draft[],
  seed: number,
  random: Random,
  now: number,
  profile: Profile
): MeasureGroup[] {
  // Beyond 2^31, as the real ones are by now; each person has a range to themselves.
  let grpid = 4_000_000_000 + profiles.indexOf(profile) * 100_000_000
  return drafts
    .map(draft => ({ draft, created: Math.min(draft.date + (draft.lag ?? random.integer(5, 90)), now - 60) }))
    .sort((a, b) => a.created - b.created)
    .map(({ draft, created }) => {
      grpid += random.integer(1, 999)
      const id = draft.device === null ? null : deviceId(seed, draft.device)
      const numericModel = typeof draft.extra?.model === 'number'
      return {
        grpid,
        attrib: draft.attrib ?? 0,
        date: draft.date,
        created,
        modified: Math.min(created + random.integer(0, 20), now - 60),
        category: draft.category ?? 1,
        timezone: profile.timezone,
        deviceid: id,
        hash_deviceid: id,
        measures: draft.measures,
        ...(numericModel ? {} : { modelid: draft.modelId, model: draft.model }),
        ...draft.extra,
        comment: null
      }
    })
}

function shuffled(groups: MeasureGroup[], seed: number): MeasureGroup[] {
  return groups.sort((a, b) => rank(a.grpid, seed) - rank(b.grpid, seed) || a.grpid - b.grpid)
}

/** Order of the answers: not that of the dates, but the same on every page. */
export function rank(grpid: number, seed: number): number {
  return hash(`${seed}#${grpid}`)
}
