import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { packedFolder, packedPaths, packedText, repository } from './packed'

/** Lines of the first statements of functions, in their order; counted from 0. tsc fills constructors. */
function functionsIn(text: string): number[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  const lines: number[] = []
  const visit = (node: ts.Node): void => {
    // What tsc adds, as `__importDefault`.
    if (ts.isVariableDeclaration(node) && node.name.getText(source).startsWith('__')) return
    const isBody =
      ts.isBlock(node) && ts.isFunctionLike(node.parent) && !ts.isConstructorDeclaration(node.parent)
    const first = isBody
      ? node.statements.find(statement => !ts.isTypeAliasDeclaration(statement))
      : undefined
    if (first) lines.push(source.getLineAndCharacterOfPosition(first.getStart(source)).line)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return lines
}

describe('a stack trace of the package', function () {
  this.timeout(120_000)

  it('names lines of the sources: each function stands where its source has it', () => {
    const files = packedPaths().filter(path => path.endsWith('.js'))
    files.length.should.be.above(100)
    const moved: string[] = []
    let count = 0
    for (const file of files) {
      const source = file.replace(/^dist\//, '').replace(/js$/, 'ts')
      const wanted = functionsIn(readFileSync(join(repository, source), 'utf8'))
      const found = functionsIn(packedText(file))
      count += wanted.length
      if (found.length !== wanted.length) moved.push(`${source}: ${found.length} of ${wanted.length}`)
      found.forEach((line, index) => {
        if (line !== wanted[index]) moved.push(`${source}:${wanted[index]! + 1} is in line ${line + 1}`)
      })
    }
    moved.should.eql([])
    count.should.be.above(1000)
  })

  it('leads to the line that failed', () => {
    const file = join(packedFolder(), 'dist/nodes/withings-account.js')
    const script = `try { require(${JSON.stringify(file)})() } catch (error) { console.log(error.stack) }`
    const trace = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })
    const [, line] = /withings-account\.js:(\d+)/.exec(trace)!
    const source = readFileSync(join(repository, 'nodes/withings-account.ts'), 'utf8')
    source.split('\n')[Number(line) - 1]!.should.match(/\bRED\b/)
  })
})
