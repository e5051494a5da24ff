// The versions of Node-RED that are tested, and which of the tests run on which of them.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/**
 * Those that Gladys starts, with the Node.js of their images. All that talks to a Node-RED runs on each of them. What is
 * tagged @load in its title finds what much data does to a process: it runs once for each Node.js, which is what
 * decides on that. The dialogs and the sidebar are those of the first two editors that differ; the oldest one is gone
 * through once. Tests without a Node-RED run once.
 */
export const nodeReds = [
  { nodeRed: '3.1', node: '20', load: false, browser: false },
  { nodeRed: '4.1', node: '20', load: true, browser: true },
  { nodeRed: '5.0', node: '24', load: true, browser: true }
]

/** Whether it is the one among the development packages. */
export function isOwn({ nodeRed }) {
  return nodeRed === '4.1'
}

const WITHOUT_NODE_RED = ['catalogues', 'contents', 'forms', 'manifest', 'sidebar'].map(
  name => `test/package/${name}.spec.ts`
)
const SETUP = requiring('tsx/cjs', 'test/support/packed-once.ts')
const BROWSER_SETUP = [...SETUP, ...requiring('test/support/browser-once.ts')]
const RUNTIME = 'test/{runtime,package}/**/*.spec.ts'
const WHOLE_WAY = 'test/editor/whole-way.spec.ts'
const EVERY_VALUE = 'test/runtime/gladys-every-value.spec.ts'

function requiring(...files) {
  return files.flatMap(file => ['--require', file])
}

/** Arguments of mocha for the tests of a Node-RED; those that measure want the machine for themselves. */
export function testsOn(entry, jobs) {
  const { load, browser } = entry
  const parallel = ['--parallel', '--jobs', String(jobs)]
  const once = isOwn(entry) ? [] : WITHOUT_NODE_RED.flatMap(file => ['--ignore', file])
  return {
    runtime: [
      ...SETUP,
      ...parallel,
      ...once,
      '--ignore',
      EVERY_VALUE,
      '--grep',
      '@load',
      '--invert',
      RUNTIME
    ],
    browser: browser
      ? [...BROWSER_SETUP, ...parallel, '--ignore', WHOLE_WAY, 'test/editor/*.spec.ts']
      : undefined,
    load: load ? [...SETUP, '--grep', '@load', '--ignore', EVERY_VALUE, 'test/runtime/*.spec.ts'] : undefined,
    // Minutes of waiting for Gladys, the same on each Node-RED.
    everyValue: isOwn(entry) ? [...SETUP, EVERY_VALUE] : undefined,
    wholeWay: [...SETUP, WHOLE_WAY]
  }
}

// What the npm package `node` would install by a script, which npm may be set not to run.
const platform = process.platform === 'win32' ? 'win' : process.platform
const nodePackage = `node-${platform}-${process.arch}`

/** Installs it into a folder of its own, once; gives the environment in which the tests use it. */
export async function install({ nodeRed, node }) {
  const folder = join(root, '.cache/matrix', nodeRed)
  if (!existsSync(join(folder, 'complete'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const packages = [`node-red@~${nodeRed}`, `${nodePackage}@${node}`]
    const { status, output } = await run('npm', ['install', '--prefer-offline', ...packages], { cwd: folder })
    if (status !== 0) throw new Error(`Node-RED ${nodeRed} was not installed:\n${output}`)
    writeFileSync(join(folder, 'complete'), '')
  }
  return {
    NODE_RED_DIR: join(folder, 'node_modules/node-red'),
    NODE_RED_BIN: join(folder, 'node_modules', nodePackage, 'bin/node')
  }
}

/** The version that is installed for such an environment. */
export function versionOf({ NODE_RED_DIR }) {
  return JSON.parse(readFileSync(join(NODE_RED_DIR, 'package.json'), 'utf8')).version
}

/** Runs mocha with these arguments. */
export function mocha(args, env = {}) {
  return run(process.execPath, [require.resolve('mocha/bin/mocha.js'), ...args], { env })
}

/** Runs a program of the repository to its end; resolves with its status and all that it printed. */
export function run(command, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a script there.
      shell: process.platform === 'win32' && command === 'npm'
    })
    const parts = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', part => parts.push(part))
    child.once('error', reject)
    child.once('close', status => resolve({ status, output: Buffer.concat(parts).toString() }))
  })
}
