// Prints what the package costs: megabytes on disk with its dependencies, and milliseconds that loading all
// nodes adds to Node-RED's start. Fails above the limits, so that a heavy dependency does not slip in.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIMIT_BYTES = 15e6
const LIMIT_MS = 250
const RUNS = 7

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'footprint-'))
try {
  const tarball = process.env.PACKED_TARBALL ?? pack()
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  npm(['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', tarball], folder)

  const installed = join(folder, 'node_modules')
  const own = bytesIn(join(installed, '@gladys-withings'))
  const all = bytesIn(installed)
  console.log(`package ${mega(own)} MB, with dependencies ${mega(all)} MB (limit ${mega(LIMIT_BYTES)} MB)`)

  const times = Array.from({ length: RUNS }, () => loadTime(installed)).sort((a, b) => a - b)
  const median = times[Math.floor(RUNS / 2)]
  console.log(`loading all nodes ${median.toFixed(0)} ms, median of ${RUNS} (limit ${LIMIT_MS} ms)`)
  if (all > LIMIT_BYTES || median > LIMIT_MS) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack() {
  const [{ filename }] = Object.values(
    JSON.parse(npm(['pack', '--json', '--silent', '--pack-destination', folder], root).replace(/^[^[{]*/, ''))
  )
  return [filename, filename.replace('@', '').replace('/', '-')]
    .map(name => join(folder, name))
    .find(existsSync)
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function bytesIn(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0)
}

function mega(bytes) {
  return (bytes / 1e6).toFixed(2)
}

/** In a fresh process, with just enough of RED around the nodes that they register. */
function loadTime(installed) {
  const pkg = join(installed, '@gladys-withings/node-red-withings')
  const { nodes } = require(join(root, 'package.json'))['node-red']
  const files = Object.values(nodes).map(file => join(pkg, file))
  const script = `
    const noop = () => undefined
    const routes = new Proxy({}, { get: () => noop })
    const RED = {
      nodes: { registerType: noop }, settings: {}, events: { on: noop, off: noop, once: noop }, auth: { needsPermission: () => noop },
      httpAdmin: routes, httpNode: routes, comms: { publish: noop }
    }
    const start = process.hrtime.bigint()
    for (const file of ${JSON.stringify(files)}) require(file)(RED)
    console.log(Number(process.hrtime.bigint() - start) / 1e6)`
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
}
