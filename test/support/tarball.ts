import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')
const cache = join(root, '.cache')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

// Neither npm nor what it runs is tested: V8 collects nothing there.
const env = { ...process.env, NODE_V8_COVERAGE: '' }

let packed: string | undefined
let packFailure: unknown

/** The tarball that users get, made once per run: by `npm pack`, which builds first. */
export function tarball(): string {
  const given = process.env.PACKED_TARBALL
  if (given !== undefined && given !== '') return given
  // Tried once: what did not build for the first test does not build for the next one either.
  if (packFailure !== undefined) throw packFailure as Error
  if (packed === undefined) packed = pack()
  return packed
}

function pack(): string {
  try {
    mkdirSync(cache, { recursive: true })
    // npm writes into a file that is there, which copies of this folder may share by a hard link.
    for (const name of readdirSync(cache)) if (name.endsWith('.tgz')) rmSync(join(cache, name))
    const report = execFileSync(npm, ['pack', '--json', '--silent', '--pack-destination', cache], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const parsed = JSON.parse(report.slice(report.search(/^[[{]/m))) as unknown
    const [entry] = Object.values(parsed as object) as [{ filename: string }]
    return join(cache, entry.filename.replace('@', '').replace('/', '-'))
  } catch (error) {
    packFailure = error
    throw error
  }
}

/** A folder whose `node_modules` holds the tarball and its dependencies as `npm install` lays them out. */
export function installedPackage(): string {
  const file = tarball()
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
  const folder = join(cache, `installed-${hash}`)
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`
    mkdirSync(fresh, { recursive: true })
    writeFileSync(join(fresh, 'package.json'), '{"name":"node-red-project","private":true}')
    execFileSync(npm, ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', file], {
      cwd: fresh,
      env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  }
  return folder
}
