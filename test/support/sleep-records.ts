import type { NightRules } from '../../lib/withings/sleep/night'
import type { SleepRow } from '../../lib/withings/sleep/summary'
import { decodedRows, sleepFormat } from './decoded'

/** Those of a node with its defaults. */
export const RULES: NightRules = { napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 }
export const second = (iso: string) => Date.parse(iso) / 1000

/** A record of getsummary as Withings writes it; times in UTC. */
export function record(
  id: number,
  start: string,
  end: string,
  changes: object = {}
): Record<string, unknown> {
  return {
    id,
    timezone: 'Europe/Paris',
    model: 32,
    model_id: 63,
    startdate: second(start),
    enddate: second(end),
    date: end.slice(0, 10),
    created: second(end) - 600,
    modified: second(end) + 60,
    hash_deviceid: 'mat',
    completed: true,
    data: { sleep_score: 80 },
    ...changes
  }
}
export const rowsOf = (...records: object[]): SleepRow[] => {
  const { rows, problems } = decodedRows({ series: records, more: false, offset: 0 }, sleepFormat('12'))
  problems.should.eql([])
  return rows
}
