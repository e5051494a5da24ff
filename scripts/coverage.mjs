// Prints how much of each folder the tests ran that were run last, and fails below the figures of coverage.json
// (docs/decisions/0013-coverage.md). With the path of a source it prints what of that they did not run.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Sources } from './coverage-points.mjs'

const STEPS = ['unit', 'nodes', 'runtime']
const KINDS = ['lines', 'branches', 'functions']

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const collected = join(root, '.cache/coverage')

/** In which the processes of a step write what they ran. */
export function collecting(step) {
  return { NODE_V8_COVERAGE: join(collected, step) }
}

export function forgetCollected() {
  rmSync(collected, { recursive: true, force: true })
}

/** What ran, as points by path; of each step, and of `all`. */
function readCollected(sources) {
  const ran = Object.fromEntries([...STEPS, 'all'].map(step => [step, new Map()]))
  for (const step of STEPS) {
    const folder = join(collected, step)
    for (const file of existsSync(folder) ? readdirSync(folder) : [])
      sources.ranIn(join(folder, file), (path, points) => {
        for (const each of [ran[step], ran.all]) {
          if (!each.has(path)) each.set(path, new Set())
          points.forEach(point => each.get(path).add(point))
        }
      })
  }
  return ran
}

/** Percent of the lines, branches and functions in these files. */
function figuresOf(sources, paths, ran) {
  const sums = Object.fromEntries(KINDS.map(kind => [kind, { all: 0, ran: 0 }]))
  for (const path of paths)
    for (const kind of KINDS) {
      const there = new Map()
      for (const [index, point] of sources.points.get(path).entries()) {
        if (point.kind !== kind) continue
        // A line with two statements is one line.
        const key = kind === 'lines' ? point.line : index
        there.set(key, there.get(key) || (ran.get(path)?.has(index) ?? false))
      }
      sums[kind].all += there.size
      sums[kind].ran += [...there.values()].filter(Boolean).length
    }
  return Object.fromEntries(KINDS.map(kind => [kind, (100 * sums[kind].ran) / Math.max(1, sums[kind].all)]))
}

/** `lib/withings` of lib/withings/sleep/night.ts. */
const folderOf = path => dirname(path).split('/').slice(0, 2).join('/')

/** Prints the table; false when a figure is below its threshold. */
export function report() {
  const sources = new Sources(root)
  const ran = readCollected(sources)
  const paths = [...sources.points.keys()].filter(path => sources.points.get(path).length > 0).sort()
  const folders = new Set(paths.map(folderOf))
  const rows = [
    ...STEPS.map(step => [`all, ${step} alone`, figuresOf(sources, paths, ran[step])]),
    ...[...folders].map(folder => {
      const files = paths.filter(path => folderOf(path) === folder)
      return [folder, figuresOf(sources, files, ran.all)]
    })
  ]
  return printed(rows)
}

function printed(rows) {
  const wanted = JSON.parse(readFileSync(join(root, 'coverage.json'), 'utf8'))
  const below = []
  console.log(['% that ran'.padEnd(20), ...KINDS.map(kind => kind.padStart(10))].join(' '))
  for (const [name, figures] of rows) {
    const cells = KINDS.map(kind => figures[kind].toFixed(1).padStart(10))
    console.log([name.padEnd(20), ...cells].join(' '))
    for (const kind of KINDS)
      if (!(figures[kind] >= wanted[name]?.[kind]))
        below.push(
          `${name}: ${figures[kind].toFixed(1)} % of the ${kind}, less than ${wanted[name]?.[kind]} %`
        )
  }
  below.forEach(line => console.error(line))
  return below.length === 0
}

function reportLines(path) {
  const sources = new Sources(root)
  const ran = readCollected(sources).all.get(path)
  const missed = sources.points.get(path).filter((_, index) => !ran?.has(index))
  for (const { kind, line } of missed.sort((a, b) => a.line - b.line)) console.log(`${path}:${line} ${kind}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path] = process.argv.slice(2)
  if (path !== undefined) reportLines(path)
  else if (!report()) process.exitCode = 1
}
