import type { Night } from '../../../../lib/withings/sleep/night'
import { ScoreRetry } from '../../../../lib/withings/sleep/score-retry'
import { FakeClock } from '../../../support/fake-clock'

const MINUTE = 60_000

describe('the retry for a score', () => {
  const clock = new FakeClock()
  /** Ids of the nights that were fetched again, and what was known of them. */
  let fetched: [id: string, modified: string][]
  let busy: boolean
  let retry: ScoreRetry

  const night = (changes: Partial<Night> = {}): Night =>
    ({
      ...{ kind: 'night', id: '7', day: '2026-11-22', userId: '12', deviceId: 'mat', modified: 'then' },
      ...{ scored: false, endDate: new Date(clock.now()).toISOString() },
      ...changes
    }) as Night
  const counts = async (...minutes: number[]) => {
    const found: number[] = []
    for (const each of minutes) {
      await clock.advance(each * MINUTE)
      found.push(fetched.length)
    }
    return found
  }

  beforeEach(() => {
    fetched = []
    busy = false
    retry = new ScoreRetry(clock, ({ id, modified }) => {
      if (!busy) fetched.push([id, modified])
      return !busy
    })
  })
  afterEach(() => {
    retry.close()
    clock.asleep.should.equal(0)
  })

  it('fetches a night after 10, 30, 60, 120 and 240 minutes, then no more', async () => {
    retry.sent([night()])
    ;(await counts(9, 1, 20, 30, 60, 119, 1, 1000)).should.eql([0, 1, 2, 3, 4, 4, 5, 5])
    clock.asleep.should.equal(0)
  })

  it('goes on as it began when the night comes again without a score', async () => {
    retry.sent([night()])
    await counts(10)
    retry.sent([night({ modified: 'later' })])
    ;(await counts(19, 1)).should.eql([1, 2])
    fetched.should.eql([
      ['7', 'then'],
      ['7', 'later']
    ])
  })

  it('ends when the night is scored, and leads others beside it', async () => {
    retry.sent([night(), night({ id: '8' })])
    await counts(10)
    retry.sent([night({ scored: true })])
    await counts(300)
    fetched.map(([id]) => id).should.eql(['7', '8', '8', '8', '8', '8'])
  })

  it('tries again soon while the node is busy', async () => {
    busy = true
    retry.sent([night()])
    await counts(10)
    busy = false
    ;(await counts(1)).should.eql([1])
  })

  it('is for what will get a score: the last nights that a device recorded', () => {
    const dayAgo = new Date(clock.now() - 86_400_000).toISOString()
    retry.sent([night({ kind: 'nap' }), night({ deviceId: null }), night({ endDate: dayAgo })])
    clock.asleep.should.equal(0)
  })
})
