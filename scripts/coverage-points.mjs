// What of a source there is to be run, and what of it a process ran. A source is run in two forms, as tsx makes it for the
// tests and as the package has it; asking both for the same points of the source makes them add up.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode } from '@jridgewell/sourcemap-codec'
import ts from 'typescript'
import { onSourceLines } from './source-lines.mjs'

const require = createRequire(import.meta.url)
const PACKAGED = '/node_modules/@gladys-withings/node-red-withings/dist/'
const { SyntaxKind: Kind } = ts
const LOGICAL = new Set([
  ...[Kind.AmpersandAmpersandToken, Kind.BarBarToken, Kind.QuestionQuestionToken],
  ...[Kind.AmpersandAmpersandEqualsToken, Kind.BarBarEqualsToken, Kind.QuestionQuestionEqualsToken]
])

/**
 * Where each line, branch and function of a source begins to run; `end` is where the part of the source ends in which
 * that place has to be found again.
 */
function pointsOf(text) {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true)
  const points = []
  const add = (kind, node) => {
    const first = node && ts.isBlock(node) ? node.statements[0] : node
    if (!first || isOnlyType(first)) return
    points.push({ kind, start: first.getStart(source), end: first.getEnd() })
  }
  const visit = node => {
    if (isOnlyType(node)) return
    if (isLine(node)) add('lines', node)
    if (ts.isFunctionLike(node)) add('functions', node.body)
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) add('lines', node.body)
    armsOf(node).forEach(arm => add('branches', arm))
    ts.forEachChild(node, visit)
  }
  visit(source)
  // A line with two statements is one line.
  const lineOf = ({ start }) => source.getLineAndCharacterOfPosition(start).line + 1
  return points.map(point => ({ ...point, line: lineOf(point) }))
}

function isOnlyType(node) {
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
}

function isLine(node) {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.some(({ initializer }) => initializer)
  if (ts.isPropertyDeclaration(node)) return false
  return (
    node.kind >= Kind.FirstStatement &&
    node.kind <= Kind.LastStatement &&
    node.kind !== Kind.EmptyStatement &&
    node.kind !== Kind.TryStatement
  )
}

function armsOf(node) {
  if (ts.isIfStatement(node)) return [node.thenStatement, node.elseStatement]
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse]
  if (ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind)) return [node.right]
  if (ts.isCaseOrDefaultClause(node)) return [node.statements[0]]
  if (ts.isCatchClause(node)) return [node.block]
  if (ts.isIterationStatement(node, false)) return [node.statement]
  return []
}

/** Where the points are in the code that was made of the source, whose lines begin there; undefined: nowhere. */
function placesOf(points, text, codeStarts, map) {
  const lineStarts = startsOf(text)
  const found = []
  for (const [line, segments] of decode(map.mappings).entries())
    for (const [column, file, sourceLine, sourceColumn] of segments)
      if (file !== undefined)
        found.push({ at: lineStarts[sourceLine] + sourceColumn, place: codeStarts[line] + column })
  found.sort((a, b) => a.at - b.at || a.place - b.place)
  return points.map(({ start, end }) => {
    const next = found[firstIndex(found, ({ at }) => at >= start)]
    return next && next.at < end ? next.place : undefined
  })
}

function firstIndex(sorted, holds) {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(sorted[middle])) high = middle
    else low = middle + 1
  }
  return low
}

const startsOf = text => startsAfter(text.split('\n').map(line => line.length))

/** The lengths are without the ends of the lines. */
function startsAfter(lengths) {
  let start = 0
  return lengths.map(length => (start += length + 1) - length - 1)
}

/** Which of these places ran: what V8 counted last, the innermost range around a place, counts. */
function ranAt(places, functions) {
  const ranges = functions.flatMap(each => each.ranges)
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const order = [...places.keys()].filter(index => places[index] !== undefined)
  order.sort((a, b) => places[a] - places[b])
  const around = []
  let next = 0
  const ran = []
  for (const index of order) {
    const place = places[index]
    while (next < ranges.length && ranges[next].startOffset <= place) around.push(ranges[next++])
    while (around.length > 0 && around.at(-1).endOffset <= place) around.pop()
    if (around.at(-1)?.count > 0) ran.push(index)
  }
  return ran
}

/** All that is compiled into the package, and the points of each source that are in its code. */
export class Sources {
  points = new Map()
  #texts = new Map()
  #packaged = new Map()
  #tested = new Map()

  constructor(root) {
    this.root = root
    const folder = join(root, '.cache/coverage/compiled')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const tsc = [
      require.resolve('typescript/bin/tsc'),
      '-p',
      'tsconfig.json',
      '--sourceMap',
      '--outDir',
      folder
    ]
    execFileSync(process.execPath, tsc, { cwd: root, stdio: 'inherit' })
    for (const file of readdirSync(folder, { recursive: true }))
      if (file.endsWith('.js')) this.#read(file, folder)
  }

  #read(file, folder) {
    const path = file.replaceAll('\\', '/').replace(/js$/, 'ts')
    const text = readFileSync(join(this.root, path), 'utf8')
    const { mappings } = JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8'))
    const { code, ...map } = onSourceLines(readFileSync(join(folder, file), 'utf8'), mappings)
    const all = pointsOf(text)
    const places = placesOf(all, text, startsOf(code), map)
    const kept = all.filter((_, index) => places[index] !== undefined)
    this.#texts.set(path, text)
    this.points.set(path, kept)
    this.#packaged.set(path, { code, places: places.filter(each => each !== undefined) })
  }

  /** Calls `hit` with the path and the points of each source that a process ran, from what V8 wrote of it. */
  ranIn(file, hit) {
    const { result, 'source-map-cache': maps = {} } = JSON.parse(readFileSync(file, 'utf8'))
    for (const { url, functions } of result) {
      const places = url.includes(PACKAGED) ? this.#placesInPackage(url) : this.#placesInTest(url, maps[url])
      if (places) hit(places.path, ranAt(places.places, functions))
    }
  }

  #placesInPackage(url) {
    const path = url.split(PACKAGED)[1].replace(/js$/, 'ts')
    const known = this.#packaged.get(path)
    if (!known) return undefined
    if (known.checked !== url && readFileSync(fileURLToPath(url), 'utf8') !== known.code)
      throw new Error(`${url} is not made of ${path} as it is now`)
    known.checked = url
    return { path, places: known.places }
  }

  #placesInTest(url, made) {
    if (!url.startsWith('file:') || made?.data?.mappings === undefined) return undefined
    const path = fileURLToPath(url)
      .slice(this.root.length + 1)
      .replaceAll('\\', '/')
    const points = this.points.get(path)
    if (!points) return undefined
    let known = this.#tested.get(path)
    if (known?.mappings !== made.data.mappings) {
      const places = placesOf(points, this.#texts.get(path), startsAfter(made.lineLengths), made.data)
      known = { path, places, mappings: made.data.mappings }
      this.#tested.set(path, known)
    }
    return known
  }
}
