import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { installedPackage } from '../support/tarball'
import { manifest, type Manifest, packedPaths, packedText } from './packed'

interface Semver {
  satisfies(version: string, range: string): boolean
}
/** The one that Node-RED itself decides with. */
const semver = createRequire(require.resolve('node-red/package.json'))('semver') as Semver

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']
const MOST_BYTES = 15e6

describe('package.json', function () {
  this.timeout(120_000)
  let json: Manifest
  before(() => {
    json = manifest()
  })

  for (const version of ['3.1.0', '4.1.15', '5.0.7'])
    it(`is for Node-RED ${version}`, () => {
      semver.satisfies(version, json['node-red'].version).should.be.true()
    })

  it('is not for a Node-RED before 3.1', () => {
    semver.satisfies('3.0.2', json['node-red'].version).should.be.false()
  })

  // The oldest one of the package and of Node-RED 5, and those of the images that Gladys runs.
  for (const version of ['18.17.0', '20.0.0', '22.9.0', '24.0.0'])
    it(`is for Node.js ${version}`, () => {
      semver.satisfies(version, json.engines.node).should.be.true()
    })

  it('names for each type a file of the tarball', () => {
    const paths = packedPaths()
    for (const [type, path] of Object.entries(json['node-red'].nodes)) {
      path.should.equal(`dist/nodes/${type}.js`)
      paths.should.containEql(path)
    }
  })

  it('has a licence, a scope, a repository and the keyword that the palette needs', () => {
    json.license.should.equal('MIT')
    packedText('LICENSE').should.startWith('MIT License')
    json.name.should.match(/^@[\w-]+\/node-red-[\w-]+$/)
    json.repository.url.should.match(/^git\+https:\/\//)
    json.keywords.should.containEql('node-red')
    json.description.should.not.be.empty()
  })

  it('has at most six dependencies', () => {
    Object.keys(json.dependencies).length.should.be.belowOrEqual(6)
    Object.keys(json.dependencies).should.containDeep(['axios', 'mqtt', 'simple-oauth2'])
  })

  it('runs no script when it is installed, nor does anything it brings along', () => {
    INSTALL_SCRIPTS.filter(name => name in json.scripts).should.deepEqual([])
    const lock = readFileSync(join(installedPackage(), 'node_modules/.package-lock.json'), 'utf8')
    const { packages } = JSON.parse(lock) as { packages: Record<string, { hasInstallScript?: boolean }> }
    const scripted = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript === true)
    scripted.map(([path]) => path).should.deepEqual([])
  })

  it('stays below 15 MB with everything it brings along', function () {
    const bytes = sizeOf(join(installedPackage(), 'node_modules'))
    const own = sizeOf(join(installedPackage(), 'node_modules', ...json.name.split('/')))
    process.stdout.write(`      installed: ${megabytes(bytes)} MB, of which our own ${megabytes(own)} MB\n`)
    bytes.should.be.below(MOST_BYTES)
  })
})

function sizeOf(path: string): number {
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2)
}
