import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import type { Difference, ImportTally, Missing, StoredCounts } from './tally'

export interface ComparisonOptions {
  clock: Clock
  tally: Pick<ImportTally, 'features' | 'compare'>
  /** Asks Gladys; rejects with GLADYS_REFUSED. */
  counts: (features: readonly string[]) => Promise<StoredCounts>
  /** Fulfilled when what is missing was sent once more. */
  sendAgain(missing: readonly Missing[]): Promise<void>
}

const EVERY = 5_000
/** Gladys stores what it has received some seconds later (gladys.md, "real server" no. 5). */
const STANDS_STILL = 10_000
/** Somebody else may send values all the time. */
const LONGEST_WAIT = 1_800_000
const TRY_AGAIN = 30_000
const TRIES = 10

/**
 * Compares what an import sent with what Gladys has, once its counts stand still, and sends once more what it lacks.
 * Rejects with GLADYS_REFUSED when Gladys cannot be asked for minutes, and with what `sendAgain` rejects with.
 */
export async function compareWithGladys(parts: ComparisonOptions, signal: AbortSignal): Promise<Difference> {
  const { tally } = parts
  const first = tally.compare(await settledCounts(parts, signal))
  if (first.missing.length === 0) return first
  await parts.sendAgain(first.missing)
  return tally.compare(await settledCounts(parts, signal))
}

async function settledCounts(parts: ComparisonOptions, signal: AbortSignal): Promise<StoredCounts> {
  const { clock } = parts
  const end = clock.now() + LONGEST_WAIT
  let counts = await countsOf(parts, signal)
  let since = clock.now()
  while (clock.now() - since < STANDS_STILL && clock.now() < end) {
    await clock.sleep(EVERY, signal)
    const next = await countsOf(parts, signal)
    if (totalOf(next) !== totalOf(counts)) since = clock.now()
    counts = next
  }
  return counts
}

async function countsOf(
  { clock, tally, counts }: ComparisonOptions,
  signal: AbortSignal
): Promise<StoredCounts> {
  for (let tries = 1; ; tries += 1)
    try {
      return await counts(tally.features)
    } catch (error) {
      if (tries === TRIES || signal.aborted || !(error instanceof CodedError)) throw error
      await clock.sleep(TRY_AGAIN, signal)
    }
}

function totalOf(counts: StoredCounts): number {
  let total = 0
  for (const months of counts.values())
    if (months !== 'none') for (const number of Object.values(months)) total += number
  return total
}
