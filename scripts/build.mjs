// Makes dist/: compiled runtime, one html per node type (script + form), icons and locales beside the
// node files, where Node-RED looks for them. Any failing step fails the build.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { formOf } from './forms.mjs'
import { onSourceLines } from './source-lines.mjs'

const require = createRequire(import.meta.url)
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const nodesOut = join(root, 'dist/nodes')
const pluginsOut = join(root, 'dist/plugins')
const readJson = file => JSON.parse(readFileSync(file, 'utf8'))
const plugins = Object.keys(readJson(join(root, 'package.json'))['node-red'].plugins)
const types = Object.keys(readJson(join(root, 'package.json'))['node-red'].nodes)

rmSync(join(root, 'dist'), { recursive: true, force: true })

/** Runs the script of a dev dependency. */
async function run(script, ...args) {
  const child = spawn(process.execPath, [require.resolve(script), ...args], { cwd: root, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
}

const bundler = 'dts-bundle-generator/dist/bin/dts-bundle-generator.js'
const bundling = ['--silent', '--no-check', '--no-banner', '--project', 'tsconfig.types.json']
await Promise.all([
  run('typescript/bin/tsc', '-p', 'tsconfig.json', '--sourceMap'),
  // The types of messages in one file, for function nodes and whoever reads these messages elsewhere.
  run(bundler, ...bundling, '-o', 'dist/messages.d.ts', 'lib/messages.ts')
])

for (const name of readdirSync(join(root, 'dist'), { recursive: true }).filter(name =>
  name.endsWith('.js.map')
)) {
  const map = join(root, 'dist', name)
  const file = map.slice(0, -'.map'.length)
  writeFileSync(file, onSourceLines(readFileSync(file, 'utf8'), readJson(map).mappings).code)
  rmSync(map)
}

/** What the editor runs, as one script. */
async function scriptOf(entry) {
  const options = {
    bundle: true,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    write: false,
    minify: true
  }
  const bundled = await build({ entryPoints: [join(root, entry)], ...options })
  return `<script type="text/javascript">\n${bundled.outputFiles[0].text}</script>\n`
}

for (const type of types) {
  writeFileSync(
    join(nodesOut, `${type}.html`),
    `${await scriptOf(`nodes/${type}.editor.ts`)}\n` +
      `<script type="text/html" data-template-name="${type}">\n${formOf(type)}\n</script>\n`
  )
}

mkdirSync(pluginsOut, { recursive: true })
for (const plugin of plugins) {
  const html = readFileSync(join(root, `plugins/${plugin}.html`), 'utf8')
  writeFileSync(join(pluginsOut, `${plugin}.html`), html + (await scriptOf(`plugins/${plugin}.editor.ts`)))
}

cpSync(join(root, 'icons'), join(nodesOut, 'icons'), { recursive: true })

/** Texts of several files as one; what both name must not be a text. */
function merged(a, b) {
  const result = { ...a }
  for (const [key, value] of Object.entries(b)) result[key] = key in a ? merged(a[key], value) : value
  return result
}

// Node-RED gives every node file its own catalogue, so the texts several of them need are put into each.
const sharedTexts = {
  'withings-measures': ['measures'],
  'gladys-device-state': ['measures', 'history'],
  'withings-sidebar': ['measures', 'history', 'errors']
}
for (const language of readdirSync(join(root, 'locales'))) {
  const from = join(root, 'locales', language)
  const to = join(nodesOut, 'locales', language)
  mkdirSync(to, { recursive: true })
  const textsOf = (name, shared) =>
    JSON.stringify(
      [name, ...shared, ...(sharedTexts[name] ?? [])]
        .map(file => readJson(join(from, `${file}.json`)))
        .reduce(merged)
    )
  for (const type of types) {
    writeFileSync(join(to, `${type}.json`), textsOf(type, ['shared', 'errors']))
    cpSync(join(from, `${type}.html`), join(to, `${type}.html`))
  }
  const ofPlugins = join(pluginsOut, 'locales', language)
  mkdirSync(ofPlugins, { recursive: true })
  for (const plugin of plugins) writeFileSync(join(ofPlugins, `${plugin}.json`), textsOf(plugin, []))
}
