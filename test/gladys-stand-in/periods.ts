/** What `group_by` may be. */
export const periods = ['hour', 'day', 'week', 'month', 'year'] as const
export type Period = (typeof periods)[number]

const DAY = 86_400_000

/** Says of a moment when its hour, day, week, month or year began, by the clocks of a time zone. */
export function periodStarts(period: Period, timeZone: string): (date: string) => string {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  })
  /** What the clocks show, as if it were UTC. */
  const shown = (time: number): number => {
    const parts = clock.formatToParts(time)
    const [year = 0, month = 0, ...rest] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map(type => Number(parts.find(part => part.type === type)?.value))
    return Date.UTC(year, month - 1, ...(rest as [number]))
  }
  const known = new Map<number, string>()
  return date => {
    const start = startOf(period, shown(Date.parse(date)))
    let found = known.get(start)
    if (found === undefined) {
      // The second step counts where the clocks changed in between.
      const guess = start - (shown(start) - start)
      found = new Date(start - (shown(guess) - guess)).toISOString()
      known.set(start, found)
    }
    return found
  }
}

function startOf(period: Period, time: number): number {
  const date = new Date(time)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  if (period === 'year') return Date.UTC(year, 0)
  if (period === 'month') return Date.UTC(year, month)
  if (period === 'hour') return Date.UTC(year, month, day, date.getUTCHours())
  const midnight = Date.UTC(year, month, day)
  return period === 'day' ? midnight : midnight - ((date.getUTCDay() + 6) % 7) * DAY
}
