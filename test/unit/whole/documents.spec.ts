import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(__dirname, '../../..')
const DOCUMENTS = [
  ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/benchmarks.md'],
  ...readdirSync(join(root, 'docs/decisions')).map(name => `docs/decisions/${name}`)
]
/** Not `dist`, which the build makes. */
const FOLDERS = readdirSync(root).filter(name => /^[a-z]+$/.test(name) && name !== 'dist')

/** Paths of the repository in backquotes, but for those with a placeholder. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([\w./-]+)`/g)]
    .map(([, path]) => path!)
    .filter(path =>
      path.includes('/')
        ? FOLDERS.includes(path.split('/')[0]!)
        : /^([A-Z]+\.md|(package|coverage)\.json)$/.test(path)
    )
}

describe('the documents for developers', () => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(root, document), 'utf8')

    it(`name only files that exist: ${document}`, () => {
      pathsIn(text)
        .filter(path => !existsSync(join(root, path)))
        .should.eql([])
    })

    it(`link only to what exists: ${document}`, () => {
      const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)]*)?\)/g)].map(([, path]) => path!)
      links.filter(path => path !== '' && !existsSync(join(root, dirname(document), path))).should.eql([])
    })
  }

  it('say where things are', () => {
    const paths = DOCUMENTS.slice(0, 2).flatMap(name => pathsIn(readFileSync(join(root, name), 'utf8')))
    new Set(paths).size.should.be.above(50)
  })
})
