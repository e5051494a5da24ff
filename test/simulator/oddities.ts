import { type Draft, measure } from './drafts'

const hour = 3600
const scan = { device: 'body-scan', model: 'Body Scan', modelId: 10 }
const cuff = { device: 'bpm-connect', model: 'BPM Connect', modelId: 45 }
const nobody = { device: null, model: null, modelId: null }

type Oddity = Omit<Draft, 'date'> & { hoursAgo: number }

/** What was seen in real answers although no document says so (withings-api.md §11.2), once each. */
const oddities: Oddity[] = [
  // Typed in: no device, exponent 0, and zeros for what nobody measured.
  {
    ...nobody,
    hoursAgo: 52,
    attrib: 2,
    measures: [measure(1, 83, 0), measure(8, 0, -3), measure(5, 83_000, -3), measure(6, 0, -3)]
  },
  {
    ...nobody,
    hoursAgo: 53,
    attrib: 2,
    measures: [measure(9, 79, 0), measure(10, 124, 0), measure(11, 66, 0)]
  },
  // Somebody else in the household, perhaps; then one that was claimed.
  { ...scan, hoursAgo: 60, attrib: 1, measures: [measure(1, 64_300, -3)] },
  { ...scan, hoursAgo: 85, attrib: 3, measures: [measure(1, 82_900, -3)] },
  { ...cuff, hoursAgo: 90, attrib: 5, measures: [measure(9, 7600, -2), measure(10, 12_100, -2)] },
  { ...scan, hoursAgo: 95, attrib: 7, measures: [measure(11, 61, 0)] },
  { ...scan, hoursAgo: 99, attrib: 8, measures: [measure(91, 7123, -3), measure(155, 385, -1)] },
  { ...scan, hoursAgo: 99, attrib: 10, measures: [measure(91, 7010, -3, 4), measure(91, 7236, -3, 5)] },
  { ...scan, hoursAgo: 104, attrib: 15, measures: [measure(167, 71, 0), measure(229, 6400, -2)] },
  // On a journey.
  {
    ...cuff,
    hoursAgo: 110,
    attrib: 17,
    measures: [measure(9, 7800, -2), measure(10, 12_600, -2)],
    extra: { timezone: 'Asia/Tokyo' }
  },
  { ...scan, hoursAgo: 115, attrib: 10_000, measures: [measure(196, 61_250, -3)] },
  { ...scan, hoursAgo: 120, attrib: 10_009, measures: [measure(197, 60_125, -3), measure(158, 70, 0)] },
  { ...scan, hoursAgo: 121, attrib: 10_010, measures: [measure(198, 59_375, -3), measure(159, 72, 0)] },
  // Types and positions nobody has a name for.
  {
    ...scan,
    hoursAgo: 130,
    measures: [measure(145, 2, 0), measure(300, 12_345, -3), measure(300, -5, -1, 77)]
  },
  { ...scan, hoursAgo: 135, measures: [measure(173, 512, -2, 77), measure(168, 1850, -2, 6)] },
  {
    ...scan,
    hoursAgo: 140,
    measures: [measure(226, 175, 1, 7), measure(5, 62_000, -3, 7), measure(5, 62, 0)]
  },
  // Model as a number, beside brand and devtype.
  {
    ...scan,
    hoursAgo: 150,
    measures: [measure(1, 82_700, -3)],
    extra: { model: 10, brand: 1, devtype: 1 }
  },
  // From a phone: another brand, no device.
  { ...nobody, hoursAgo: 160, measures: [measure(1, 8264, -2)], extra: { brand: 18, modelid: 1055 } },
  { ...nobody, hoursAgo: 165, measures: [measure(4, 178, -2)], attrib: 4, extra: { modelid: -1 } },
  // Fat as zero instead of missing.
  { ...scan, hoursAgo: 170, measures: [measure(1, 82_510, -3), measure(6, 0, -3), measure(8, 0, -3)] },
  {
    ...scan,
    hoursAgo: 175,
    measures: [{ ...measure(1, 824_455, -4), algo: 3, fm: 128, apppfmid: 7, appliver: 6_050_004 }]
  },
  // 1422 hours on the way.
  { ...scan, hoursAgo: 1446, lag: 1422 * hour, measures: [measure(1, 81_333, -3)] },
  // Goals are no measures.
  { ...nobody, hoursAgo: 200, attrib: 2, category: 2, measures: [measure(1, 78, 0)] },
  { ...nobody, hoursAgo: 700, attrib: 2, category: 2, measures: [measure(1, 80_000, -3)] }
]

export function oddDrafts(now: number): Draft[] {
  return oddities.map(({ hoursAgo, ...draft }) => ({ ...draft, date: now - hoursAgo * hour - 137 }))
}
