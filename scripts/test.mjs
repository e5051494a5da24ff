// Runs all tests on the Node-RED among the development packages: each step on the one tarball, and what they ran against
// coverage.json. Goes on after a step that failed, for the table to be whole.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collecting, forgetCollected, report, STEPS } from './coverage.mjs'

const failed = []
const packed = mkdtempSync(join(tmpdir(), 'packed-'))

function npm(args, env = {}) {
  const since = Date.now()
  const options = { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, ...env } }
  const passed = spawnSync('npm', args, options).status === 0
  console.log(
    `== npm ${args.join(' ')}: ${passed ? 'passed' : 'FAILED'} in ${((Date.now() - since) / 1000).toFixed(0)} s`
  )
  if (!passed) failed.push(args.at(-1))
  return passed
}

try {
  forgetCollected()
  // Builds first.
  if (npm(['pack', '--silent', '--pack-destination', packed])) {
    const env = { PACKED_TARBALL: join(packed, readdirSync(packed)[0]) }
    for (const step of STEPS) npm(['run', '--silent', `test:${step}`], { ...env, ...collecting(step) })
    npm(['run', '--silent', 'test:editor'], env)
    if (!report()) failed.push('coverage')
  }
} finally {
  rmSync(packed, { recursive: true, force: true })
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
