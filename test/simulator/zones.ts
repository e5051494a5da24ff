const formats = new Map<string, Intl.DateTimeFormat>()

/** The day, `YYYY-MM-DD`, that a calendar in the zone shows at an instant in Unix seconds. */
export function dayIn(timezone: string, seconds: number): string {
  const known = formats.get(timezone)
  const format = known ?? new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' })
  formats.set(timezone, format)
  return format.format(seconds * 1000)
}

/** The first second of a day, found by looking at calendars only. */
export function midnightIn(timezone: string, day: string): number {
  let before = Date.parse(`${day}T00:00:00Z`) / 1000 - 16 * 3600
  let after = before + 32 * 3600
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dayIn(timezone, middle) < day) {
      before = middle
    } else {
      after = middle
    }
  }
  return after
}

const ymd = /^\d{4}-\d{2}-\d{2}$/

export function isDay(text: string): boolean {
  const midnight = new Date(`${text}T00:00:00Z`)
  return ymd.test(text) && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text)
}
