import { badInput } from '../../base/errors'
import type { JsonFile } from '../../base/json-file'
import { asBoolean, asString, dictionary, or, type Parsed, shape } from '../../base/shape'
import { readingKey } from '../../withings/readings/reading'
import type { AnnouncedDevice } from '../discovery/announcer'
import type { SentLedger } from '../ledger/sent-ledger'
import { type Addressing, addressOfSource, identifierOf } from '../model/external-ids'
import type { ReadingItem } from '../model/items'
import { DAY_TYPES, isTracker, TRACKED_TYPES, type TrackedReading, trackerIdOf } from '../model/trackers'

/** What of a person's days goes on where earlier versions sent it: under "manual", whoever counted it. */
export interface ManualDays {
  types: readonly string[]
  /** Ids in Gladys of the devices to which the person has moved their days. */
  moved: readonly string[]
}

export const NO_MANUAL_DAYS: ManualDays = { types: [], moved: [] }

/** What tells which features of days a Gladys has without a device. */
export interface Memory {
  announced: () => ReadonlyMap<string, AnnouncedDevice>
  ledger: Pick<SentLedger, 'newest'>
}

/** Types that went without a device so far: there they go on, or a chart would end (design.md §4.2). */
function manualTypes({ announced, ledger }: Memory, addressing: Addressing, userId: string): string[] {
  const sources = TRACKED_TYPES.map(type => ({ userId, deviceId: null, type }))
  const { components = {} } = announced().get(identifierOf(userId, null)) ?? {}
  return sources
    .filter(source =>
      addressing === 'discovery'
        ? Object.hasOwn(components, readingKey(source))
        : ledger.newest(addressOfSource(source, addressing).feature) !== undefined
    )
    .map(({ type }) => type)
}

/** The reading or item with the id of its device in Gladys; with none where its days go on under "manual". */
export function whereDaysGoOn<R extends TrackedReading>(reading: R, { types, moved }: ManualDays): R {
  const deviceId = reading.deviceId ?? trackerIdOf(reading)
  if (deviceId === null) return reading
  // Workouts of a watch always had its id.
  const mayGoOn = types.includes(reading.type) && (DAY_TYPES.has(reading.type) || isTracker(deviceId))
  const there = mayGoOn && !moved.includes(deviceId) ? null : deviceId
  return there === reading.deviceId ? reading : { ...reading, deviceId: there }
}

const parseCounter = shape({ model: or(asString, null), moved: or(asBoolean, false) })

/** By user and id in Gladys: who counts days that go on, or went on, under "manual". */
export const parseCounters = dictionary(dictionary(parseCounter))
export type Counters = Parsed<typeof parseCounters>

/** Days that can be moved away from "manual", and the device that they can be moved to. */
export interface DaysMove {
  userId: string
  to: string
  model: string | null
}

/** Knows whose days go on under "manual", over restarts, until the person moves them. */
export class DaysUnderManual {
  private counters: Counters

  constructor(
    private readonly memory: Memory,
    private readonly file: Pick<JsonFile<Counters>, 'read' | 'write'>
  ) {
    this.counters = file.read() ?? {}
  }

  of(addressing: Addressing, userId: string): ManualDays {
    const moved = Object.entries(this.counters[userId] ?? {}).flatMap(([to, counter]) =>
      counter.moved ? [to] : []
    )
    return { types: manualTypes(this.memory, addressing, userId), moved }
  }

  /** Tells for the items of one message where they go on. */
  placing(addressing: Addressing): (item: ReadingItem) => ReadingItem {
    const known = new Map<string, ManualDays>()
    return item => {
      if (item.deviceId === null) return item
      const days = known.get(item.userId) ?? this.of(addressing, item.userId)
      known.set(item.userId, days)
      const placed = whereDaysGoOn(item, days)
      if (placed.deviceId === null) this.saw({ userId: item.userId, to: item.deviceId, model: item.model })
      return placed
    }
  }

  /** What the person can still move. */
  moves(addressing: Addressing): DaysMove[] {
    return Object.entries(this.counters).flatMap(([userId, counters]) => {
      if (manualTypes(this.memory, addressing, userId).length === 0) return []
      return Object.entries(counters)
        .filter(([, { moved }]) => !moved)
        .map(([to, { model }]) => ({ userId, to, model }))
    })
  }

  /**
   * From now on these have their own device. Gives whether others' days still go on under "manual". Throws BAD_INPUT
   * where no days of this device ever did.
   */
  move({ userId, to }: Pick<DaysMove, 'userId' | 'to'>): 'others go on' | 'all moved' {
    const known = this.counters[userId]?.[to]
    if (known === undefined) throw badInput('no days of this device are among the manual entries')
    this.note({ userId, to, model: known.model }, true)
    const left = Object.values(this.counters[userId] ?? {}).filter(({ moved }) => !moved)
    return left.length > 0 ? 'others go on' : 'all moved'
  }

  private saw(counted: DaysMove): void {
    const known = this.counters[counted.userId]?.[counted.to]
    const isNews = known === undefined || (known.model === null && counted.model !== null)
    if (isNews) this.note(counted, false)
  }

  private note({ userId, to, model }: DaysMove, moved: boolean): void {
    this.counters = { ...this.counters, [userId]: { ...this.counters[userId], [to]: { model, moved } } }
    this.file.write(this.counters)
  }
}
