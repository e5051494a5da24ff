import { execFileSync } from 'node:child_process'
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
    const check = (property: string) => {
      writeFileSync(join(folder, 'function.ts'), written(property))
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: { noEmit: true, strict: true, types: [], module: 'node16', paths },
          files: ['function.ts']
        })
      )
      execFileSync(process.execPath, [TSC, '-p', folder], { stdio: 'pipe' })
    }
    try {
      const { types } = JSON.parse(readFileSync(join(packedFolder(), 'package.json'), 'utf8')) as {
        types: string
      }
      existsSync(join(packedFolder(), types)).should.be.true()
      check('value')
      ;(() => check('valeu')).should.throw()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
