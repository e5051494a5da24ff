import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EXAMPLES, LANGUAGES, packedFolder, packedPaths, PLUGINS, repository, TYPES } from './packed'

describe('the tarball', function () {
  this.timeout(120_000)
  let paths: string[]
  before(() => {
    paths = packedPaths()
  })

  it('holds the runtime, the forms, icons, texts, contracts, examples and guides, and nothing else', () => {
    const nodes = TYPES.join('|')
    const languages = LANGUAGES.join('|')
    const wanted = [
      /^(package\.json|README\.md|LICENSE)$/,
      /^dist\/lib\/[\w/-]+\.(js|json)$/,
      // English of errors, where no catalogue of Node-RED is at hand.
      /^dist\/locales\/en-US\/errors\.json$/,
      new RegExp(`^dist/nodes/(${nodes})(\\.types)?\\.js$`),
      new RegExp(`^dist/nodes/(${nodes})\\.html$`),
      /^dist\/nodes\/icons\/[\w-]+\.svg$/,
      new RegExp(`^dist/nodes/locales/(${languages})/(${nodes})\\.(json|html)$`),
      new RegExp(`^dist/plugins/(${PLUGINS.join('|')})\\.(js|html)$`),
      new RegExp(`^dist/plugins/locales/(${languages})/(${PLUGINS.join('|')})\\.json$`),
      /^dist\/messages\.d\.ts$/,
      /^schemas\/[\w.-]+\.json$/,
      /^examples\/[\w -]+\.json$/,
      /^docs\/[\w.]+\.md$/
    ]
    paths.filter(path => !wanted.some(pattern => pattern.test(path))).should.deepEqual([])
  })

  it('holds every file that belongs to a node', () => {
    const needed = [
      'package.json',
      'README.md',
      'LICENSE',
      'dist/locales/en-US/errors.json',
      ...EXAMPLES.map(name => `examples/${name}`),
      ...['docs/setup.md', 'docs/setup.fr.md', 'docs/gladys.md'],
      ...PLUGINS.flatMap(plugin => [
        `dist/plugins/${plugin}.js`,
        `dist/plugins/${plugin}.html`,
        ...LANGUAGES.map(language => `dist/plugins/locales/${language}/${plugin}.json`)
      ]),
      ...TYPES.flatMap(type => [
        `dist/nodes/${type}.js`,
        `dist/nodes/${type}.html`,
        ...LANGUAGES.flatMap(language => [
          `dist/nodes/locales/${language}/${type}.json`,
          `dist/nodes/locales/${language}/${type}.html`
        ])
      ])
    ]
    needed.filter(path => !paths.includes(path)).should.deepEqual([])
  })

  it('has a source for every compiled file, so nothing old was left in dist', () => {
    const sourceOf = (path: string): string => path.replace(/^dist\//, '').replace(/\.js$/, '.ts')
    paths
      .filter(path => /^dist\/.*\.js$/.test(path) && !existsSync(join(repository, sourceOf(path))))
      .should.deepEqual([])
  })

  it('is what npm installs, and its modules load', () => {
    for (const type of TYPES) {
      const file = join(packedFolder(), `dist/nodes/${type}.js`)
      const kind = execFileSync(process.execPath, ['-p', `typeof require(${JSON.stringify(file)})`], {
        encoding: 'utf8'
      })
      kind.trim().should.equal('function', type)
    }
  })

  it('loads nothing for Gladys with the nodes for Withings: a fault there must not disable the accounts', () => {
    for (const type of TYPES.filter(name => name.startsWith('withings-'))) {
      const file = JSON.stringify(join(packedFolder(), `dist/nodes/${type}.js`))
      const script = `require(${file}); JSON.stringify(Object.keys(require.cache))`
      const loaded = JSON.parse(
        execFileSync(process.execPath, ['-p', script], { encoding: 'utf8' })
      ) as string[]
      loaded.length.should.be.above(1)
      loaded.filter(path => /[\\/]gladys[\\/]/.test(path)).should.deepEqual([], type)
    }
  })
})
