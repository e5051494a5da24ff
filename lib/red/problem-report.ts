import { unreadable } from '../errors'
import { problemKey, type Problem } from '../withings/row'

const MOST_TOLD = 5

/**
 * Tells what Withings sent and nobody can read. It comes again with each poll, for the cursor waits for it; once
 * is enough to know, until it went away and came back.
 */
export class ProblemReport {
  private told: ReadonlySet<string> = new Set()

  /**
   * Throws BAD_ANSWER when one of the problems was not among those of the run before. Whoever `asked` for an answer
   * is always told what is missing in it, except for a row that he knows of.
   */
  tell(problems: readonly Problem[], asked: boolean): void {
    const before = this.told
    this.told = new Set(problems.map(problemKey))
    const fresh = problems.filter(
      problem => !before.has(problemKey(problem)) || (asked && problem.id === undefined)
    )
    if (fresh.length === 0) return
    const places = fresh.slice(0, MOST_TOLD).map(problem => problem.place)
    throw unreadable(places.join(', '))
  }
}
