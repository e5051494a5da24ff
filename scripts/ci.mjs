// All checks, in the order that takes the least time on two cores: what computes beside what waits, and what measures
// time or memory beside little else. Prints each check when it has ended.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collecting, forgetCollected } from './coverage.mjs'
import { install, isOwn, mocha, nodeReds, run, testsOn } from './node-reds.mjs'

const started = Date.now()
const failed = []
/** Tests of which what they run is collected. */
const COLLECTED = new Set(['runtime', 'load'])
const seconds = since => `${((Date.now() - since) / 1000).toFixed(0)} s`

async function check(name, work) {
  const since = Date.now()
  const { status, output } = await work()
  if (status !== 0) failed.push({ name, output })
  console.log(`\n== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds(since)}\n${output}`)
}

/** One after the other. */
async function lane(...checks) {
  for (const [name, work] of checks) await check(name, work)
}
const npmRun = (script, env) => [script, () => run('npm', ['run', '--silent', script], { env })]

const packed = mkdtempSync(join(tmpdir(), 'packed-'))
// Builds first.
await lane(['pack', () => run('npm', ['pack', '--silent', '--pack-destination', packed])])
if (failed.length === 0) await checkAll()
rmSync(packed, { recursive: true, force: true })
// Once more at the end, where the log of a server is looked at first.
for (const { name, output } of failed) console.log(`\n== ${name} FAILED, its end:\n${output.slice(-8_000)}`)
const result = failed.length === 0 ? 'all passed' : `failed: ${failed.map(({ name }) => name).join(', ')}`
console.log(`\n== ${result} in ${seconds(started)}`)
if (failed.length > 0) process.exitCode = 1

async function checkAll() {
  process.env.PACKED_TARBALL = join(packed, readdirSync(packed)[0])
  forgetCollected()
  // All tests use the one installation.
  const installed = "require('./test/support/tarball').installedPackage()"
  await lane(['install', () => run(process.execPath, ['--require', 'tsx/cjs', '--eval', installed])])
  // The one that is installed already goes first; npm's installations share a cache, so one after the other.
  const order = [...nodeReds].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
  const environments = new Map()
  let last = Promise.resolve({})
  for (const entry of order) {
    if (!isOwn(entry)) last = last.then(() => install(entry))
    environments.set(entry, last)
  }
  // What the tests run is the same on each Node-RED, and collected on one.
  const environmentOf = async (entry, kind) => ({
    ...(isOwn(entry) && COLLECTED.has(kind) ? collecting('runtime') : {}),
    ...(await environments.get(entry))
  })
  const on = (kind, jobs) =>
    order.flatMap(entry => {
      const args = testsOn(entry, jobs)[kind]
      return args
        ? [
            [
              `${kind} on Node-RED ${entry.nodeRed}`,
              async () => mocha(args, await environmentOf(entry, kind))
            ]
          ]
        : []
    })
  await Promise.all([
    lane(...on('runtime', 3)),
    lane(...on('browser', 2), npmRun('lint'), npmRun('typecheck'), npmRun('test:unit', collecting('unit')))
  ])
  // Those of nodes in one process: the data of a test would depend on what ran in its worker before.
  await Promise.all([
    lane(...on('load'), ...on('wholeWay')),
    lane(npmRun('test:nodes', collecting('nodes')), ...on('everyValue'))
  ])
  await lane(npmRun('footprint'), ['coverage', () => run(process.execPath, ['scripts/coverage.mjs'])])
}
