import helper from 'node-red-node-test-helper'
import { systemClock } from '../../lib/base/clock'

/** So long are limits, which a machine that is busy needs. */
const LIMITS = 5_000

const inTime = systemClock.after.bind(systemClock)

/** The server of Node-RED's test helper, in whose nodes the pauses before a new connection and the like last some milliseconds. */
export function useShortPauses(): void {
  before(async () => {
    systemClock.after = (ms, run) => inTime(ms < LIMITS ? ms / 20 : ms, run)
    await new Promise<void>(resolve => void helper.startServer(resolve))
  })
  after(async () => {
    systemClock.after = inTime
    await new Promise<void>(resolve => void helper.stopServer(resolve))
  })
}
