// Runs all tests on the Node-RED among the development packages: on the one tarball, and what they ran against
// coverage.json. What computes runs beside what waits. Prints each step when it has ended, and goes on after one that
// failed, for the table to be whole.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collecting, forgetCollected, report } from './coverage.mjs'
import { run } from './node-reds.mjs'

const failed = []
const packed = mkdtempSync(join(tmpdir(), 'packed-'))

async function npm(args, env = {}) {
  const since = Date.now()
  const { status, output } = await run('npm', args, { env })
  const seconds = ((Date.now() - since) / 1000).toFixed(0)
  console.log(`${output}== npm ${args.join(' ')}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
  if (status !== 0) failed.push(args.at(-1))
  return status === 0
}

try {
  forgetCollected()
  // Builds first.
  if (await npm(['pack', '--silent', '--pack-destination', packed])) {
    const PACKED_TARBALL = join(packed, readdirSync(packed)[0])
    const test = (step, collected) =>
      npm(['run', '--silent', `test:${step}`], { PACKED_TARBALL, ...collected })
    await Promise.all([
      test('nodes', collecting('nodes')),
      test('unit', collecting('unit')).then(() => test('editor'))
    ])
    // Some of them measure time and memory.
    await test('runtime', collecting('runtime'))
    if (!report()) failed.push('coverage')
  }
} finally {
  rmSync(packed, { recursive: true, force: true })
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
