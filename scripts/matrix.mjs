// Runs the runtime, package and browser tests on each Node-RED that Gladys starts, with the Node.js of its image.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const matrix = [
  { nodeRed: '3.1', node: '20', editor: 'whole-way' },
  { nodeRed: '4.1', node: '20', editor: '*' },
  { nodeRed: '5.0', node: '24', editor: '*' }
]
// What the npm package `node` would install by a script, which npm may be set not to run.
const platform = process.platform === 'win32' ? 'win' : process.platform
const nodePackage = `node-${platform}-${process.arch}`
const wanted = process.argv.slice(2)

const failed = []
for (const entry of matrix.filter(({ nodeRed }) => wanted.length === 0 || wanted.includes(nodeRed))) {
  const folder = install(entry)
  const env = {
    ...process.env,
    NODE_RED_DIR: join(folder, 'node_modules/node-red'),
    NODE_RED_BIN: join(folder, 'node_modules', nodePackage, 'bin/node')
  }
  const { version } = JSON.parse(readFileSync(join(env.NODE_RED_DIR, 'package.json'), 'utf8'))
  const node = execFileSync(env.NODE_RED_BIN, ['--version'], { encoding: 'utf8' }).trim()
  console.log(`\n== Node-RED ${version} on Node.js ${node}`)
  // Most of their time they wait for Node-RED, so two at a time; a browser wants the machine for itself.
  const passed =
    mocha(env, '--parallel', '--jobs', '2', 'test/{runtime,package}/**/*.spec.ts') &&
    mocha(env, `test/editor/${entry.editor}.spec.ts`)
  if (!passed) failed.push(version)
}
if (failed.length > 0) {
  console.error(`failed on Node-RED ${failed.join(', ')}`)
  process.exitCode = 1
}

function mocha(env, ...args) {
  const setup = ['tsx/cjs', 'test/support/packed-once.ts'].flatMap(file => ['--require', file])
  const command = [require.resolve('mocha/bin/mocha.js'), ...setup, ...args]
  return spawnSync(process.execPath, command, { cwd: root, env, stdio: 'inherit' }).status === 0
}

/** Into a folder of its own, once. */
function install({ nodeRed, node }) {
  const folder = join(root, '.cache/matrix', nodeRed)
  if (existsSync(join(folder, 'complete'))) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const packages = [`node-red@~${nodeRed}`, `${nodePackage}@${node}`]
  const flags = ['--no-audit', '--no-fund', '--prefer-offline']
  execFileSync('npm', ['install', ...flags, ...packages], { cwd: folder, stdio: 'inherit' })
  writeFileSync(join(folder, 'complete'), '')
  return folder
}
