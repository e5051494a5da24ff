import { CodedError } from '../../../lib/base/errors'
import type { MeasureGroup } from '../../../lib/withings/measures/decode'
import type { Fault } from '../../simulator'
import { Random } from '../../simulator/random'
import { LyingWithings } from '../../support/lying-withings'

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 1e9))
const FAULTS = 1_000
const minute = 60_000
const token = { path: '/v2/oauth2' }
const data = { path: '/measure' }
const passing = [522, 524, 601, 602, 2555]
const hard = [401, 100, 214, 277, 403, 503, 2553, 2554, 9999]

/** Every fault from which a grant and a history can recover, some with the help of a person. */
const faults: ((random: Random) => Fault)[] = [
  ...[token, data].flatMap((target): ((random: Random) => Fault)[] => [
    () => ({ kind: 'html', ...target }),
    () => ({ kind: 'html-200', ...target }),
    () => ({ kind: 'truncated', ...target }),
    () => ({ kind: 'array-body', ...target }),
    () => ({ kind: 'text-numbers', ...target }),
    () => ({ kind: 'unknown-fields', ...target }),
    random => ({ kind: 'reset', when: pick(random, ['before', 'after'] as const), ...target }),
    random => ({ kind: 'http', code: pick(random, [429, 500, 502, 503, 504]), ...target }),
    random => ({ kind: 'status', status: pick(random, passing), ...target })
  ]),
  () => ({ kind: 'hang', ...data }),
  () => ({ kind: 'missing-more', ...data }),
  () => ({ kind: 'stuck-offset', ...data }),
  () => ({ kind: 'mixed-categories', ...data }),
  () => ({ kind: 'false-numbers', fields: ['more'], ...data }),
  random => ({ kind: 'status', status: pick(random, hard), ...data }),
  random => ({ kind: 'page-change', change: pick(random, ['insert', 'remove'] as const), ...data })
]

describe('the client before a Withings that fails at random', function () {
  this.timeout(180_000)
  let withings: LyingWithings
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => void unhandled.push(reason)

  before(async () => {
    process.on('unhandledRejection', onUnhandled)
    withings = await LyingWithings.open({ seed: 7, pageSize: 9 })
  })
  after(async () => {
    process.off('unhandledRejection', onUnhandled)
    await withings.close()
  })

  it(`delivers each state of each group once through ${FAULTS} faults (FAULT_SEED=${seed})`, async () => {
    const random = new Random(seed, 'faults')
    const delivered = new Map<string, number>()
    const failures = new Map<string, number>()
    let hits = 0

    const take = (groups: MeasureGroup[]) => {
      for (const { id, modified } of groups) {
        const state = `${id}@${modified}`
        delivered.set(state, (delivered.get(state) ?? 0) + 1)
      }
    }
    const run = async (): Promise<boolean> => {
      try {
        const { rows: groups, problems } = await withings.run()
        take(groups)
        return problems.length === 0
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        failures.set(error.code, (failures.get(error.code) ?? 0) + 1)
        return false
      }
    }
    const missing = (): string[] =>
      withings.ada.groups
        .filter(({ category }) => category === 1)
        .map(({ grpid, modified }) => `${grpid}@${modified}`)
        .filter(state => !delivered.has(state))

    while (hits < FAULTS) {
      await change(withings, random)
      const added = Array.from({ length: random.integer(1, 3) }, () =>
        withings.add({ ...pick(random, faults)(random), times: random.integer(1, 4) })
      )
      await run()
      hits += added.reduce((sum, fault) => sum + fault.hits, 0)
      withings.simulator.faults.clear()
      if (withings.tokens.status('account') === 'login-needed') await withings.logIn()
      if (random.chance(0.2)) withings.restart()
      await withings.clock.sleep(random.integer(1, 15) * minute)
      if (random.chance(0.3)) {
        const whole = await run()
        if (whole) missing().should.eql([])
      }
    }
    await withings.clock.sleep(minute)
    ;(await run()).should.be.true()
    missing().should.eql([])
    const repeated = [...delivered].filter(([, times]) => times > 1)
    repeated.should.eql([])
    withings.tokens.status('account').should.equal('ready')
    unhandled.should.eql([])
    failures.size.should.be.above(2)
  })
})

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(0, list.length - 1)] as T
}

/** What happens at Withings between two runs. */
async function change({ simulator, ada, clock }: LyingWithings, random: Random): Promise<void> {
  await clock.sleep(random.integer(2, 90) * 1_000)
  const weight = () => ({ measures: [{ type: 1, value: random.integer(60_000, 90_000), unit: -3 }] })
  const now = Math.floor(clock.now() / 1_000)
  for (let count = random.integer(0, 4); count > 0; count -= 1) simulator.addGroup(ada.userId, weight())
  if (random.chance(0.3)) {
    const late = now - random.integer(1, 50) * 60
    simulator.addGroup(ada.userId, { ...weight(), date: late, created: late, modified: late })
  }
  if (random.chance(0.3)) simulator.editGroup(ada.userId, pick(random, ada.groups).grpid, weight())
  if (random.chance(0.2)) simulator.tokens.expireAccess(ada.userId)
}
