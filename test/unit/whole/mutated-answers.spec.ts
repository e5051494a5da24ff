import { endpoints } from '../../support/endpoints'
import { type Failure, Fuzzed } from '../../support/fuzz'

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))
const ANSWERS = 4_000

describe('answers in which something is absurd', function () {
  this.timeout(120_000)

  it(`end with no exception, and their other rows are delivered (FUZZ_SEED=${seed})`, async () => {
    const all = await Promise.all((await endpoints()).map(each => Fuzzed.of(each)))
    const failures: Failure[] = []
    for (const fuzzed of all)
      for (let round = 1; round <= ANSWERS / all.length; round += 1) {
        const failure = await fuzzed.check(round, fuzzed.mutated(seed, round))
        if (failure) failures.push(failure)
      }
    failures.slice(0, 5).should.eql([])
  })
})
