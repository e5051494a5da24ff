import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedFolder, repository } from './packed'

const TSC = require.resolve('typescript/bin/tsc')

/** A function node as somebody would write it in an editor, and one that spells a property wrong. */
const written = (property: string) => `
import type { MeasuresMessage, Night, Reading } from '@gladys-withings/node-red-withings'
export function weightOf(msg: MeasuresMessage): number | string | undefined {
  const readings = Array.isArray(msg.payload) ? msg.payload : []
  return readings.find((reading: Reading) => reading.type === 'weight')?.${property}
}
export const scoreOf = (night: Night): number | string | undefined => night.values.sleep_score
`

describe('the contracts of messages', function () {
  this.timeout(120_000)

  it('are the schemas that the types of the code give', async () => {
    const { schemas, textOf } = (await import(join(repository, 'scripts/schemas.mjs'))) as {
      schemas: () => Record<string, object>
      textOf: (schema: object) => string
    }
    const made = Object.entries(schemas()).map(([name, schema]) => [name, textOf(schema)])
    const kept = readdirSync(join(repository, 'schemas')).map(name => {
      return [name, readFileSync(join(repository, 'schemas', name), 'utf8')]
    })
    new Map(kept as [string, string][]).should.eql(new Map(made as [string, string][]))
  })

  it('are there for every node that sends something', () => {
    const names = readdirSync(join(packedFolder(), 'schemas')).map(name => name.split('.')[0])
    const sending = readdirSync(join(repository, 'nodes'))
      .filter(name => /^(withings|gladys)-[\w-]+\.editor\.ts$/.test(name))
      .filter(name => /outputs: [12]/.test(readFileSync(join(repository, 'nodes', name), 'utf8')))
      .map(name => name.replace('.editor.ts', ''))
    sending.length.should.be.above(5)
    sending.filter(name => !names.includes(name)).should.eql([])
  })

  it('are types for function nodes, which need no others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'contracts-'))
    const paths = { '@gladys-withings/node-red-withings': [join(packedFolder(), 'dist/messages.d.ts')] }
    const options = {
      noEmit: true,
      strict: true,
      allowJs: true,
      module: 'node16',
      lib: ['es2022'],
      types: []
    }
    const guide = readFileSync(join(packedFolder(), 'docs/messages.md'), 'utf8')
    const example = /```js\n(.*?)```/s.exec(guide)?.[1] ?? ''
    /** Scripts whose types are wrong. */
    const wrongOf = (property: string): string[] => {
      writeFileSync(join(folder, 'function.ts'), written(property))
      writeFileSync(join(folder, 'guide.js'), example.replace('reading.value', `reading.${property}`))
      const files = ['function.ts', 'guide.js']
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...options, paths }, files })
      )
      const { stdout } = spawnSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], {
        encoding: 'utf8'
      })
      return [...stdout.matchAll(/([\w.]+)\(\d+,\d+\): error/g)].map(([, file = '']) => file)
    }
    try {
      const { types } = JSON.parse(readFileSync(join(packedFolder(), 'package.json'), 'utf8')) as {
        types: string
      }
      existsSync(join(packedFolder(), types)).should.be.true()
      wrongOf('value').should.eql([])
      wrongOf('valeu').should.eql(['function.ts', 'guide.js'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
