import type { Clock } from './types'

const minute = 60_000
const repeatSpan = 10_000

/** Both reasons for a 601 (withings-api.md §2.8, §3). Refused requests count as well. */
export class Limits {
  private readonly arrivals = new Map<string, number[]>()
  private readonly latest = new Map<string, number>()

  constructor(
    private readonly clock: Clock,
    private readonly perMinute: number
  ) {}

  /** True when this request of the client is one too many. */
  overQuota(clientId: string): boolean {
    const now = this.clock.now()
    const recent = (this.arrivals.get(clientId) ?? []).filter(at => now - at < minute)
    const over = recent.length >= this.perMinute
    recent.push(now)
    this.arrivals.set(clientId, recent)
    return over
  }

  /** True when the same user asked the same with the same arguments a moment ago. */
  isRepeat(userId: string, path: string, params: Record<string, string>): boolean {
    const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify([userId, path, sorted])
    const now = this.clock.now()
    const before = this.latest.get(key)
    this.latest.set(key, now)
    return before !== undefined && now - before < repeatSpan
  }
}
