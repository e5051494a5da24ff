import { CodedError } from '../errors'
import type { Problem } from '../withings/row'

const MOST_TOLD = 5

/**
 * Tells what Withings sent and nobody can read. It comes again with each poll, for the cursor waits for it; once
 * is enough to know.
 */
export class ProblemReport {
  private readonly told = new Set<string>()

  /** Throws BAD_ANSWER when one of the problems is new. */
  tell(problems: readonly Problem[]): void {
    const fresh = problems.filter(problem => !this.told.has(keyOf(problem)))
    fresh.forEach(problem => this.told.add(keyOf(problem)))
    if (fresh.length === 0) return
    const detail = fresh
      .slice(0, MOST_TOLD)
      .map(problem => problem.place)
      .join(', ')
    throw new CodedError('BAD_ANSWER', `Withings sent something unreadable at ${detail}.`, { detail })
  }
}

function keyOf({ id, place }: Problem): string {
  return id ?? place
}
