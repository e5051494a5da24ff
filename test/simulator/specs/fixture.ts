import { type MeasureGroup, type Simulator, type SimulatorOptions, startSimulator } from '..'
import { redirectUri } from '../raw-client'

export const start = Date.UTC(2026, 10, 22, 7)
export const now = start / 1000
export const second = 1000
export const hour = 3600 * second
export const day = 86_400
export const ada = '30412907'
export const ben = '2147483650'
export const demo = '1000001'

/** A small history, at a time that only moves when told. */
export function open(options: SimulatorOptions = {}): Promise<Simulator> {
  return startSimulator({ now: () => start, years: 0.3, ...options })
}

/** Past the span in which the same arguments are refused. */
export function pause(simulator: Simulator): void {
  simulator.clock.offset(11 * second)
}

export function authorizeUrl(simulator: Simulator, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: simulator.client.id,
    state: 'a b&c',
    scope: 'user.info,user.metrics',
    redirect_uri: redirectUri,
    ...changes
  })
  return `${simulator.url}/oauth2_user/authorize2?${query.toString()}`
}

export async function statusOf(answer: Promise<{ status: number }>): Promise<number> {
  return (await answer).status
}

export function groupsOf(simulator: Simulator, userId: string): MeasureGroup[] {
  return simulator.people.find(person => person.userId === userId)?.groups ?? []
}
