import { CodedError } from '../../base/errors'
import type { JsonFile } from '../../base/json-file'
import { asBoolean, asString, dictionary, or, type Parsed, shape } from '../../base/shape'
import { readingKey } from '../../withings/readings/reading'
import { type Addressing, addressOfSource, identifierOf } from './external-ids'
import type { ReadingItem } from './items'
import { DAY_TYPES, isTracker, TRACKED_TYPES, type TrackedReading, trackerIdOf } from './trackers'

/** Which of a person's days stay where earlier versions sent them: under "manual", whatever device counted them. */
export interface ManualDays {
  types: readonly string[]
  /** Ids in Gladys of the devices to which the person has moved their days. */
  moved: readonly string[]
}

/** The reading or item with the id of its device in Gladys; with none where its days stay under "manual". */
export function withDayDevice<R extends TrackedReading>(reading: R, { types, moved }: ManualDays): R {
  const deviceId = reading.deviceId ?? trackerIdOf(reading)
  if (deviceId === null) return reading
  // Workouts of a watch always had its id.
  const mayStay = types.includes(reading.type) && (DAY_TYPES.has(reading.type) || isTracker(deviceId))
  const placed = mayStay && !moved.includes(deviceId) ? null : deviceId
  return placed === reading.deviceId ? reading : { ...reading, deviceId: placed }
}

/** By user and id in Gladys: devices whose days are, or were, under "manual". */
export const parseCounters = dictionary(
  dictionary(shape({ model: or(asString, null), moved: or(asBoolean, false) }))
)
export type Counters = Parsed<typeof parseCounters>

/** Days that can be moved away from "manual", and the device that they can be moved to. */
export interface DaysMove {
  userId: string
  to: string
  model: string | null
}

/** Knows whose days stay under "manual", over restarts, until the person moves them. */
export class DaysUnderManual {
  private counters: Counters

  constructor(
    private readonly known: {
      announced(): ReadonlyMap<string, { components?: Readonly<Record<string, unknown>> }>
      ledger: { newest(feature: string): number | undefined }
    },
    private readonly file: Pick<JsonFile<Counters>, 'read' | 'write'>
  ) {
    this.counters = file.read() ?? {}
  }

  of(addressing: Addressing, userId: string): ManualDays {
    const counters = Object.entries(this.counters[userId] ?? {})
    const moved = counters.flatMap(([to, counter]) => (counter.moved ? [to] : []))
    return { types: this.typesOf(addressing, userId), moved }
  }

  /** `withDayDevice` for the items of one message; remembers whose days stay under "manual". */
  placing(addressing: Addressing): (item: ReadingItem) => ReadingItem {
    const daysOf = new Map<string, ManualDays>()
    return item => {
      const { userId, deviceId: to, model } = item
      if (to === null) return item
      const days = daysOf.get(userId) ?? this.of(addressing, userId)
      daysOf.set(userId, days)
      const placed = withDayDevice(item, days)
      const known = this.counters[userId]?.[to]
      const isNews = known === undefined || (known.model === null && model !== null)
      if (placed.deviceId === null && isNews) this.save({ userId, to, model }, false)
      return placed
    }
  }

  /** What the person can still move. */
  moves(addressing: Addressing): DaysMove[] {
    return Object.entries(this.counters).flatMap(([userId, counters]) => {
      const all = this.typesOf(addressing, userId).length === 0 ? [] : Object.entries(counters)
      return all.flatMap(([to, { model, moved }]) => (moved ? [] : [{ userId, to, model }]))
    })
  }

  /**
   * From now on the days of this device are under their own device. Returns whether others' stay under "manual".
   * Throws BAD_INPUT where no days of this device ever were.
   */
  move({ userId, to }: Pick<DaysMove, 'userId' | 'to'>): 'others go on' | 'all moved' {
    const known = this.counters[userId]?.[to]
    if (known === undefined) throw new CodedError('BAD_INPUT', 'noManualDays')
    this.save({ userId, to, model: known.model }, true)
    const all = Object.values(this.counters[userId] ?? {})
    return all.every(({ moved }) => moved) ? 'all moved' : 'others go on'
  }

  /** Types that Gladys knows without a device: there they stay, or a chart would end (design.md §4.2). */
  private typesOf(addressing: Addressing, userId: string): string[] {
    const { components = {} } = this.known.announced().get(identifierOf(userId, null)) ?? {}
    return TRACKED_TYPES.filter(type => {
      const source = { userId, deviceId: null, type }
      if (addressing === 'discovery') return Object.hasOwn(components, readingKey(source))
      return this.known.ledger.newest(addressOfSource(source, addressing).feature) !== undefined
    })
  }

  private save({ userId, to, model }: DaysMove, moved: boolean): void {
    this.counters = { ...this.counters, [userId]: { ...this.counters[userId], [to]: { model, moved } } }
    this.file.write(this.counters)
  }
}
