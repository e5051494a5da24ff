import { type Draft, measure } from './drafts'
import type { Profile, ScaleKind } from './profiles'
import type { Random } from './random'
import type { Measure } from './types'

const day = 86_400
const wholeBody = 7
const torso = 12
/** Share of the body in each segment, by position. */
const segments: [position: number, share: number][] = [
  [torso, 0.48],
  [10, 0.17],
  [11, 0.17],
  [2, 0.09],
  [3, 0.09]
]
/** The scale does not stick to one exponent. */
const weightUnits = [-3, -3, -2, -3, -4, -3, -3]
const massUnits = [-2, -3]

export interface WeighIn {
  date: number
  grams: number
  fatPercent: number
  /** False with shoes on: nothing but the weight. */
  barefoot: boolean
}

type Composition = (grams: number, fatGrams: number, random: Random) => Measure[]

const compositions: Record<ScaleKind, Composition> = {
  'Body Scan': scanned,
  'Body Cardio': plain,
  'Body+': plain
}

export function weighInsOf(profile: Profile, random: Random, now: number, days: number): Draft[] {
  const drafts: Draft[] = []
  const midnight = now - (now % day)
  let drift = 0
  for (let ago = days; ago >= 1; ago--) {
    drift = drift * 0.995 + random.around(220)
    if (random.chance(profile.habits.weighIn)) {
      const season = Math.sin((ago / 365) * 2 * Math.PI)
      const weighIn = {
        date: midnight - ago * day + 5.5 * 3600 + random.integer(0, 5400),
        grams: Math.round(profile.grams + season * 900 + drift + random.around(250)),
        fatPercent: profile.fatPercent + season * 0.6 + random.around(0.4),
        barefoot: random.chance(0.85)
      }
      drafts.push(...weighInGroups(profile, random, weighIn, ago))
    }
  }
  return drafts
}

/** One step on the scale: several groups of the same second. */
export function weighInGroups(profile: Profile, random: Random, weighIn: WeighIn, daysAgo: number): Draft[] {
  const scale = profile.scales.filter(candidate => candidate.daysAgo <= daysAgo).at(-1)
  if (scale === undefined) {
    return []
  }
  const { date, grams, fatPercent, barefoot } = weighIn
  const fatGrams = Math.round((grams * fatPercent) / 100)
  const group = (measures: Measure[], attrib: number): Draft => ({
    date,
    measures,
    attrib,
    device: scale.key,
    model: scale.kind,
    modelId: scale.modelId,
    lag: random.chance(0.03) ? random.integer(3600, 40 * 3600) : random.integer(5, 60)
  })
  const composition = barefoot ? compositions[scale.kind](grams, fatGrams, random) : []
  const shared = profile.name === 'Ben' && random.chance(0.04)
  const drafts = [
    group([weight(grams, random, daysAgo === 0), ...composition], shared ? 1 : random.chance(0.2) ? 8 : 0)
  ]
  if (barefoot && scale.kind !== 'Body+' && random.chance(0.7)) {
    drafts.push(group([measure(11, random.integer(54, 82), 0)], 0))
  }
  if (barefoot && scale.kind !== 'Body+' && random.chance(0.5)) {
    drafts.push(group(vascular(scale.kind, random), 8))
  }
  if (barefoot && scale.kind === 'Body Scan' && random.chance(0.1)) {
    drafts.push(group(feet(random), 10), group(nerves(random), 15))
  }
  if (barefoot && scale.kind === 'Body Scan' && random.chance(0.1)) {
    drafts.push(group(electrocardiogram(random), 0))
  }
  return drafts
}

function weight(grams: number, random: Random, exact: boolean): Measure {
  const unit = exact ? -3 : (weightUnits[random.integer(0, weightUnits.length - 1)] ?? -3)
  const value = unit === -4 ? grams * 10 + random.integer(0, 9) : mantissa(grams, unit)
  return { ...measure(1, value, unit), algo: 0, fm: random.chance(0.5) ? 3 : 131 }
}

function plain(grams: number, fatGrams: number, random: Random): Measure[] {
  const lean = grams - fatGrams
  const unit = massUnits[random.integer(0, 1)] ?? -2
  return [
    measure(6, Math.round((fatGrams / grams) * 100_000), -3),
    { ...measure(8, mantissa(fatGrams, unit), unit), algo: 0, fm: 131 },
    measure(5, mantissa(lean, unit), unit),
    measure(76, mantissa(lean * 0.95, -2), -2),
    measure(77, mantissa(lean * 0.73, -2), -2),
    measure(88, mantissa(lean * 0.05, -2), -2)
  ]
}

/** Types 5 and 8 come twice, word for word. */
function scanned(grams: number, fatGrams: number, random: Random): Measure[] {
  const whole = plain(grams, fatGrams, random).map(each =>
    each.type === 6 ? each : { ...each, position: wholeBody }
  )
  const lean = grams - fatGrams
  const twins = whole.filter(each => each.type === 5 || each.type === 8)
  return [
    ...whole,
    ...twins.map(twin => ({ ...twin })),
    measure(168, mantissa(lean * 0.31, -2), -2, wholeBody),
    measure(169, mantissa(lean * 0.42, -2), -2, wholeBody),
    measure(170, random.integer(18, 52), -1, wholeBody),
    measure(226, random.integer(1580, 1790), 0, wholeBody),
    measure(227, random.integer(31, 44), 0),
    ...segments.flatMap(([position, share]) => [
      measure(173, mantissa(lean * share, -2), -2, position),
      measure(174, mantissa(fatGrams * share, -2), -2, position),
      measure(175, mantissa(lean * share * 0.95, -2), -2, position)
    ])
  ]
}

function vascular(kind: ScaleKind, random: Random): Measure[] {
  const velocity = measure(91, random.integer(6200, 8900), -3)
  return kind === 'Body Scan' ? [velocity, measure(155, random.integer(300, 470), -1)] : [velocity]
}

function feet(random: Random): Measure[] {
  return [4, 5].map(position => measure(91, random.integer(6200, 8900), -3, position))
}

function nerves(random: Random): Measure[] {
  return [
    measure(167, random.integer(55, 90), 0),
    ...[196, 197, 198].map(type => measure(type, random.integer(45_000, 85_000), -3))
  ]
}

/** Intervals are in milliseconds or in seconds: nobody has seen a real one. */
export function electrocardiogram(random: Random): Measure[] {
  const afib = measure(130, random.chance(0.9) ? 0 : 8, 0)
  const qrs = random.integer(82, 104)
  const unit = qrs % 2 === 0 ? 0 : -3
  return [
    afib,
    measure(135, qrs, unit),
    measure(136, random.integer(140, 180), unit),
    measure(137, random.integer(370, 420), unit),
    measure(138, random.integer(390, 440), unit)
  ]
}

function mantissa(grams: number, unit: number): number {
  return Math.round(grams * 10 ** (-unit - 3))
}
