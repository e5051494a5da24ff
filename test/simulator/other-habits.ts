import { type Draft, measure } from './drafts'
import type { Profile } from './profiles'
import type { Random } from './random'
import { electrocardiogram } from './weigh-ins'

const day = 86_400

/** Blood pressure, temperature and the watch, each on days of its own. */
export function otherHabitsOf(profile: Profile, random: Random, now: number, days: number): Draft[] {
  const drafts: Draft[] = []
  const midnight = now - (now % day)
  const { bloodPressure, temperature, watch } = profile.habits
  for (let ago = days; ago >= 1; ago--) {
    const at = (hour: number) => midnight - ago * day + hour * 3600 + random.integer(0, 3599)
    if (random.chance(bloodPressure)) {
      drafts.push(bloodPressureGroup(profile, random, at(18)))
    }
    if (random.chance(temperature)) {
      drafts.push(temperatureGroup(random, at(20)))
    }
    if (random.chance(watch)) {
      drafts.push(...watchGroups(random, at(22)))
    }
  }
  return drafts
}

function bloodPressureGroup(profile: Profile, random: Random, date: number): Draft {
  const typedIn = random.chance(0.1)
  const factor = typedIn ? 1 : 100
  const unit = typedIn ? 0 : -2
  const values: [type: number, least: number, most: number][] = [
    [9, 68, 88],
    [10, 112, 138],
    [11, 56, 84]
  ]
  const measures = values.map(([type, least, most]) =>
    measure(type, random.integer(least, most) * factor, unit)
  )
  if (typedIn) {
    return { date, measures, attrib: 2, device: null, model: null, modelId: null }
  }
  const attrib = random.chance(0.04) ? 17 : random.chance(0.3) ? 5 : 0
  const device = profile.devices.find(each => each.model === 'BPM Connect')?.key ?? null
  return { date, measures, attrib, device, model: 'BPM Connect', modelId: 45 }
}

function temperatureGroup(random: Random, date: number): Draft {
  const core = random.integer(36_300, 37_400)
  const measures = [
    measure(12, core, -3),
    measure(71, Math.round(core / 10), -2),
    measure(73, Math.round(core / 100) - random.integer(15, 30), -1)
  ]
  return { date, measures, device: 'thermo', model: 'Thermo', modelId: 70 }
}

function watchGroups(random: Random, date: number): Draft[] {
  const watch = { date, device: 'scanwatch', model: 'ScanWatch', modelId: 93 }
  const saturation = random.integer(93, 99)
  // A watch that was moved does not stand by what it saw.
  const doubt = saturation === 93 ? { extra: { is_inconclusive: true } } : {}
  const drafts: Draft[] = [{ ...watch, measures: [measure(54, saturation, 0)], ...doubt }]
  if (random.chance(0.15)) {
    drafts.push({
      ...watch,
      date: date + 60,
      measures: [measure(123, random.integer(380, 440), -1)],
      attrib: 7
    })
  }
  if (random.chance(0.15)) {
    drafts.push({ ...watch, date: date + 120, measures: electrocardiogram(random) })
  }
  if (random.chance(0.1)) {
    drafts.push({ ...watch, date: date + 180, measures: [measure(139, 0, 0)], attrib: 0 })
  }
  return drafts
}
