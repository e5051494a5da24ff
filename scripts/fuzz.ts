// Answers of all endpoints in which something is absurd: `npm run fuzz [-- <answers> [<seed>]]`. Ends with 1 when one of them
// throws, takes a good row with it, or holds up the process.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { endpoints } from '../test/support/endpoints'
import { type Failure, Fuzzed, type Mutated } from '../test/support/fuzz'
import { watchTurns } from '../test/support/turns'
import { type Row, tableOf } from './bench/table'

const LONGEST_STALL = 100
const MEGABYTE = 1024 * 1024
/** What the machine held up does not come again. */
const SECOND_LOOKS = 3

interface Outcome {
  failures: Failure[]
  /** The longest stall, by what is allowed for its answer. */
  worst: number
}

/** How long an answer holds up the process, by what is allowed: 100 ms, and above 1 MB twice what JSON.parse takes. */
async function excessOf(fuzzed: Fuzzed, seed: number, round: number, failures: Failure[]): Promise<number> {
  const mutated = fuzzed.mutated(seed, round)
  // To make it is not part of what is measured.
  await nextTurn()
  const stall = await stallOf(fuzzed, round, mutated, failures)
  if (stall <= LONGEST_STALL) return stall / LONGEST_STALL
  const { text } = mutated
  const from = performance.now()
  JSON.parse(text)
  const parsing = performance.now() - from
  return stall / Math.max(LONGEST_STALL, text.length > MEGABYTE ? 2 * parsing : 0)
}

/** Milliseconds of the longest piece of work in one go. */
async function stallOf(
  fuzzed: Fuzzed,
  round: number,
  mutated: Mutated,
  failures: Failure[]
): Promise<number> {
  const turns = watchTurns()
  const failure = await fuzzed.check(round, mutated)
  await nextTurn()
  if (failure) failures.push(failure)
  return turns().longest
}

async function run(fuzzed: Fuzzed, answers: number, seed: number): Promise<Outcome> {
  const failures: Failure[] = []
  let worst = 0
  for (let round = 1; round <= answers; round += 1) {
    let excess = await excessOf(fuzzed, seed, round, failures)
    for (let look = 0; look < SECOND_LOOKS && excess > 1; look += 1) {
      excess = Math.min(excess, await excessOf(fuzzed, seed, round, []))
    }
    worst = Math.max(worst, excess)
  }
  return { failures, worst }
}

async function main(): Promise<void> {
  const answers = Number(process.argv[2] ?? 300_000)
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9))
  const all = await Promise.all((await endpoints()).map(each => Fuzzed.of(each)))
  const each = Math.ceil(answers / all.length)
  const rows: Row[] = []
  let bad = 0
  for (const fuzzed of all) {
    const { failures, worst } = await run(fuzzed, each, seed)
    bad += failures.length + (worst > 1 ? 1 : 0)
    rows.push([
      fuzzed.endpoint.name,
      `${failures.length} of ${each}`,
      `longest stall ${(100 * worst).toFixed(0)} % of what is allowed`
    ])
    for (const { round, what, text } of failures.slice(0, 3)) console.error(`\n#${round} ${what}\n${text}`)
  }
  console.log(tableOf(`Failures, seed ${seed}`, rows))
  if (bad > 0) process.exitCode = 1
}

void main()
