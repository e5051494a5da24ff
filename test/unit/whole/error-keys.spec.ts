import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const repository = resolve(__dirname, '../../..')
const LANGUAGES = ['en-US', 'fr', 'de']
/** What code tells errors apart by; no text has to name it. */
const FACTS = ['status', 'retryAfter', 'refused', 'count']

type Texts = Record<string, string>
type Catalogue = Record<'error' | 'advice' | 'detail', Texts>

const catalogueIn = (language: string): Catalogue => {
  const file = join(repository, 'locales', language, 'errors.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { withings: Catalogue }).withings
}
const blanksOf = (text: string): string[] =>
  [...text.matchAll(/__(\w+?)__/g)].map(([, name = '']) => name).sort()

/** By which the type of all keys is known. */
const KNOWN_KEY = 'noUser'
/** More keys than any place chooses from. */
const ANY_KEY = 20

/** A place that makes an error or a text: its keys, and the names of its parameters. */
interface Use {
  place: string
  code: string | undefined
  keys: readonly (string | null)[]
  params: readonly string[]
  /** The parameters are somebody else's: theirs are checked. */
  isPassedOn: boolean
}

describe('the errors of the whole package', function () {
  this.timeout(120_000)
  let uses: Use[] = []
  before(() => (uses = usesIn(program())))
  const english = catalogueIn('en-US')
  const hasDetail = (code: string): boolean => blanksOf(english.error[code] ?? '').includes('detail')

  it('have a text for each key, with what its blanks need, and nothing more', () => {
    uses.length.should.be.above(100)
    const problemsOf = ({ place, code, keys, params, isPassedOn }: Use): string[] =>
      keys.flatMap(key => {
        const text = key === null ? english.error[code ?? ''] : english.detail[key]
        if (text === undefined) return [`${place}: no text ${key ?? code}`]
        const blanks = blanksOf(text)
        if (isPassedOn) return []
        const lacking = blanks.filter(name => !params.includes(name))
        const useless = params.filter(name => ![...blanks, ...FACTS].includes(name))
        return [
          ...lacking.map(name => `${place}: ${key ?? code} lacks ${name}`),
          ...useless.map(name => `${place}: ${key ?? code} has no blank for ${name}`)
        ]
      })
    uses.flatMap(problemsOf).should.eql([])
  })

  it('have a text for the sentence of their code, where that has a blank for one, and only there', () => {
    uses
      .filter(({ code, keys }) => code !== undefined && keys.includes(null) === hasDetail(code))
      .map(({ place, code }) => `${place}: ${code}`)
      .should.eql([])
  })

  it('use every key there is', () => {
    const used = new Set(uses.flatMap(({ keys }) => keys))
    Object.keys(english.detail)
      .filter(key => !used.has(key))
      .should.eql([])
  })

  for (const language of LANGUAGES.slice(1))
    it(`have the same keys and blanks in ${language}`, () => {
      const keysAndBlanks = (catalogue: Catalogue): string[] =>
        Object.entries(catalogue).flatMap(([part, texts]) =>
          Object.entries(texts).map(([key, text]) => [part, key, ...blanksOf(text)].join(' '))
        )
      keysAndBlanks(catalogueIn(language)).sort().should.eql(keysAndBlanks(english).sort())
    })

  it('use no sentence of their own', () => {
    const sentences = uses.flatMap(({ keys }) => keys).filter(key => key !== null && /\s/.test(key))
    sentences.should.eql([])
  })
})

function program(): ts.Program {
  const config = join(repository, 'tsconfig.json')
  const { config: raw } = ts.readConfigFile(config, path => ts.sys.readFile(path)) as { config: object }
  const { fileNames, options } = ts.parseJsonConfigFileContent(raw, ts.sys, repository)
  return ts.createProgram(fileNames, { ...options, noEmit: true })
}

/** Every `new CodedError(…)`, what is made by functions that hand a key on to it, and each `{ key, params }`. */
function usesIn(whole: ts.Program): Use[] {
  const checker = whole.getTypeChecker()
  const uses: Use[] = []
  for (const file of whole.getSourceFiles()) {
    if (file.isDeclarationFile || !/\/(lib|nodes)\/.*\.ts$/.test(file.fileName)) continue
    const visit = (node: ts.Node): void => {
      const use = useOf(node, checker)
      const { line } = file.getLineAndCharacterOfPosition(node.getStart())
      if (use) uses.push({ ...use, place: `${file.fileName.slice(repository.length + 1)}:${line + 1}` })
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return uses
}

function useOf(node: ts.Node, checker: ts.TypeChecker): Omit<Use, 'place'> | undefined {
  if (ts.isObjectLiteralExpression(node)) return textOf(node, checker)
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return undefined
  const parameters = checker.getResolvedSignature(node)?.getParameters() ?? []
  const at = parameters.findIndex(parameter => isKeyType(checker.getTypeOfSymbolAtLocation(parameter, node)))
  const key = node.arguments?.[at]
  if (at === -1 || key === undefined) return undefined
  const keys = keysOf(checker.getTypeAtLocation(key))
  // The function itself hands on what it was given: its callers are looked at.
  if (keys === undefined) return undefined
  const code = at === 1 ? codeOf(checker.getTypeAtLocation(node.arguments?.[0] as ts.Node)) : 'GLADYS_REFUSED'
  return { code, keys, ...paramsOf(node.arguments?.[at + 1], checker) }
}

function textOf(node: ts.ObjectLiteralExpression, checker: ts.TypeChecker): Omit<Use, 'place'> | undefined {
  const wanted = checker.getContextualType(node)
  const members = wanted?.isUnion() ? wanted.types : [wanted]
  if (!members.some(member => member?.symbol?.name === 'Text')) return undefined
  const named = (name: string): ts.Expression | undefined => {
    const found = node.properties.find(property => property.name?.getText() === name)
    return found && ts.isPropertyAssignment(found) ? found.initializer : undefined
  }
  const key = named('key')
  const keys = key && keysOf(checker.getTypeAtLocation(key))
  return keys && { code: undefined, keys, ...paramsOf(named('params'), checker) }
}

/** Whether a parameter takes any key there is. */
function isKeyType(type: ts.Type): boolean {
  return type.isUnion() && type.types.some(member => member.isStringLiteral() && member.value === KNOWN_KEY)
}

/** undefined where the type is that of all keys: the key was handed on. */
function keysOf(type: ts.Type): (string | null)[] | undefined {
  const members = type.isUnion() ? type.types : [type]
  if (members.length > ANY_KEY) return undefined
  return members.map(member => (member.isStringLiteral() ? member.value : null))
}

function codeOf(type: ts.Type): string | undefined {
  return type.isStringLiteral() ? type.value : undefined
}

function paramsOf(
  params: ts.Expression | undefined,
  checker: ts.TypeChecker
): Pick<Use, 'params' | 'isPassedOn'> {
  if (params === undefined) return { params: [], isPassedOn: false }
  const type = checker.getTypeAtLocation(params)
  return {
    params: type.getProperties().map(({ name }) => name),
    isPassedOn: type.getStringIndexType() !== undefined
  }
}
