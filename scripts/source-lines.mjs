// Puts each line of the package where its source has it, so that a stack trace is read without a source map (decision 14).
import { decode, encode } from '@jridgewell/sourcemap-codec'
import ts from 'typescript'

/**
 * Code as tsc makes it and the mappings of its source map → the same with lines moved: blank lines stand for types and
 * comments, and what tsc spread over several lines shares one.
 */
export function onSourceLines(code, mappings) {
  const parsed = ts.createSourceFile('code.js', code, ts.ScriptTarget.Latest, true)
  const segments = decode(mappings)
  const order = linesInOrder(parsed, segments)
  const lines = code.split('\n')
  const wanted = wantedLines(order.map(index => segments[index] ?? []))
  const fixed = linesInTemplates(parsed)
  const moved = ['']
  const movedSegments = [[]]
  const nextLine = () => {
    moved.push('')
    movedSegments.push([])
  }
  for (const [at, index] of order.entries()) {
    const line = lines[index]
    const shown = fixed.has(index) ? line : withTabs(line)
    if (fixed.has(index)) nextLine()
    while (moved.length <= wanted[at]) nextLine()
    const last = moved.length - 1
    moved[last] += moved[last] === '' ? shown : ` ${line.trimStart()}`
    const shift = moved[last].length - line.length
    for (const [column, ...source] of segments[index] ?? [])
      movedSegments[last].push([column + shift, ...source])
  }
  return { code: `${moved.join('\n')}\n`, mappings: encode(movedSegments) }
}

/** Indentation takes a seventh of what tsc writes. */
const withTabs = line => line.replace(/^( {4})+/, spaces => '\t'.repeat(spaces.length / 4))

const lineAt = (parsed, position) => parsed.getLineAndCharacterOfPosition(position).line

/** Indices of the lines of all statements; `export =`, which tsc puts last, before the functions that follow it. */
function linesInOrder(parsed, segments) {
  const statements = parsed.statements.map(statement => {
    const first = lineAt(parsed, statement.getStart(parsed))
    const count = lineAt(parsed, statement.getEnd()) - first + 1
    const indices = Array.from({ length: count }, (_, number) => first + number)
    return { indices, line: segments[first]?.[0]?.[2], isFunction: ts.isFunctionDeclaration(statement) }
  })
  const last = statements.at(-1)
  let at = statements.length - 1
  while (at > 0 && statements[at - 1].isFunction && statements[at - 1].line > last.line) at -= 1
  const order = [...statements.slice(0, at), last, ...statements.slice(at, -1)]
  return [...new Set(order.flatMap(({ indices }) => indices))]
}

/**
 * The source's line of each line of the code, counted from 0, along the longest path that never goes up; undefined
 * for what has none, or stands elsewhere than in the source, as exports do.
 */
function wantedLines(segments) {
  const found = segments.map(([first]) => first?.[2])
  /** By length of a path less one: the index where the one ends that ends highest. */
  const ends = []
  const before = found.map((line, index) => {
    if (line === undefined) return undefined
    let length = 0
    while (length < ends.length && found[ends[length]] <= line) length += 1
    ends[length] = index
    return ends[length - 1]
  })
  const wanted = found.map(() => undefined)
  for (let index = ends.at(-1); index !== undefined; index = before[index]) wanted[index] = found[index]
  return wanted
}

/** Indices of the lines that begin inside of a template, which has to stay as it is. */
function linesInTemplates(parsed) {
  const found = new Set()
  const visit = node => {
    if (ts.isTemplateLiteralToken(node))
      for (
        let line = lineAt(parsed, node.getStart(parsed)) + 1;
        line <= lineAt(parsed, node.getEnd());
        line += 1
      )
        found.add(line)
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return found
}
