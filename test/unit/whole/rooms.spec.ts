import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const lib = resolve(__dirname, '../../../lib')

/** Paths of the sources below lib/, and how many lines each has. */
const lines = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => [path, readFileSync(join(lib, path), 'utf8').trimEnd().split('\n').length])
)
const filesWith = (fits: (count: number) => boolean): string[] =>
  [...lines].filter(([, count]) => fits(count)).map(([path]) => path)

/** Who may import whom is a matter of `npm run lint` (.dependency-cruiser.mjs). */
describe('the rooms of lib/', () => {
  it('have at most 14 files', () => {
    const rooms = new Map<string, number>()
    for (const path of lines.keys()) rooms.set(dirname(path), (rooms.get(dirname(path)) ?? 0) + 1)
    rooms.size.should.be.above(20)
    ;[...rooms].filter(([, count]) => count > 14).should.eql([])
  })

  it('have no file over 400 lines, and at most 10 under 30', () => {
    filesWith(count => count > 400).should.eql([])
    filesWith(count => count < 30).length.should.be.belowOrEqual(10)
  })
})
