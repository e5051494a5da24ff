import { nightRulesOf } from '../../lib/red/data-nodes/config'
import type { HistoryOptions } from '../../lib/withings/history/history'

/** Of a flow whose nodes have their defaults. */
export const DEFAULT_HISTORY_OPTIONS: HistoryOptions = {
  measures: { units: 'metric' },
  days: { units: 'metric', external: 'include' },
  workouts: { units: 'metric', external: 'include' },
  sleep: { units: 'metric', ...nightRulesOf({}) }
}
