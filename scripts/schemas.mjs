// Writes the JSON Schemas of what the nodes send, made from lib/messages.ts: `npm run schemas`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What the names of the schemas begin with. */
const HOME = 'https://unpkg.com/@gladys-withings/node-red-withings/schemas'

/** Type of the message by output of each node. */
export const MESSAGES = {
  'withings-measures': ['MeasuresMessage'],
  'withings-activity': ['ActivityMessage'],
  'withings-sleep': ['SleepMessage'],
  'withings-heart': ['HeartMessage'],
  'withings-devices': ['DevicesMessage'],
  'withings-notification': ['NotificationMessage'],
  'gladys-device-state': ['DeviceStateMessage', 'ImportMessage']
}

/** By name of its file. */
export function schemas() {
  const generator = createGenerator({
    path: join(root, 'lib/messages.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: false
  })
  const files = {}
  for (const [node, types] of Object.entries(MESSAGES)) {
    for (const [output, type] of types.entries()) {
      const schema = generator.createSchema(type)
      // A message carries whatever came in beside what the node sets.
      delete schema.definitions[type].additionalProperties
      const title = `${node}, output ${output + 1}`
      const name = types.length === 1 ? `${node}.json` : `${node}.${output + 1}.json`
      files[name] = { $id: `${HOME}/${name}`, title, ...schema }
    }
  }
  return files
}

export const textOf = schema => `${JSON.stringify(schema, null, 2)}\n`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'schemas'), { recursive: true })
  for (const [name, schema] of Object.entries(schemas()))
    writeFileSync(join(root, 'schemas', name), textOf(schema))
}
