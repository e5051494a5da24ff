import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { definitionOf, formOf, packedText, repository } from './packed'

/** Keys that a node asks its catalogue for, by where they stand. */
export interface UsedKeys {
  /** Written out: each has to exist. */
  literal: string[]
  /** Put together at run time, e.g. `withings.theme.${theme}`: each has to meet at least one key. */
  computed: RegExp[]
}

/** Everything a node type shows: its form, what the form's script asks for, and what the runtime asks for. */
export function usedKeys(type: string): UsedKeys {
  const { template } = formOf(type)
  const used: UsedKeys = { literal: [], computed: [] }
  for (const [, value = ''] of template.matchAll(/data-i18n="([^"]+)"/g))
    for (const part of value.split(';')) used.literal.push(part.replace(/^\[[\w-]+\]/, ''))

  const { category } = definitionOf(type)
  if (category !== 'config') used.literal.push(`palette.label.${category}`)

  // From the sources, since a bundle may be minified. `_` is handed on as `t` and `translate`.
  for (const code of editorSources(type))
    collect(used, code, /(?<![\w$.])(?:this\._|node\._|t|translate)\(\s*/g)
  for (const code of runtimeSources(type)) collect(used, code, /\bt\)?\(\s*[\w.]+,\s*/g, 'withings.')
  for (const code of runtimeSources(type)) collect(used, code, /\bthis\.warn\(\s*/g, 'withings.')
  // The server announces devices in the words of the node that sends them.
  if (type === 'gladys-device-state')
    for (const code of runtimeSources('gladys-server')) collect(used, code, /\bwording\(\s*/g, 'withings.')
  return used
}

/** Takes the text that follows `opening`, and both texts of `opening(a ? 'x' : 'y')`. */
function collect(used: UsedKeys, code: string, opening: RegExp, prefix = ''): void {
  const text = /(["'`])((?:\\.|(?!\1)[^\\])*)\1/.source
  const choice = /[^()'"`]*\?\s*['"]([\w.-]+)['"]\s*:\s*['"]([\w.-]+)['"]/.source
  const keys = [
    ...[...code.matchAll(new RegExp(opening.source + text, 'g'))].map(match => match[2] ?? ''),
    ...[...code.matchAll(new RegExp(opening.source + choice, 'g'))].flatMap(match => match.slice(1, 3))
  ]
  for (const key of keys.map(found => prefix + found))
    if (key.includes('${')) used.computed.push(patternOf(key))
    else used.literal.push(key)
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
  return new RegExp(`^${parts.map(part => part.replace(/[.*+?^$()[\]\\|]/g, '\\$&')).join('[^.]+')}$`)
}

/** The script of a form and all of our editor files that it imports. */
function editorSources(type: string): string[] {
  return closure(
    `${type}.editor.ts`,
    name => readFileSync(join(repository, 'nodes', name), 'utf8'),
    /from '\.\/([\w-]+\.editor)'/g,
    (_importer, target) => `${target}.ts`
  )
}

/** The compiled file of a node and all of our own that it loads. */
function runtimeSources(type: string): string[] {
  return closure(
    `dist/nodes/${type}.js`,
    packedText,
    /require\("(\.[^"]+)(?<!\.json)"\)/g,
    (importer, target) => posix.join(posix.dirname(importer), `${target}.js`)
  )
}

function closure(
  first: string,
  read: (path: string) => string,
  imports: RegExp,
  resolve: (importer: string, target: string) => string
): string[] {
  const texts = new Map<string, string>()
  const visit = (path: string): void => {
    if (texts.has(path)) return
    const text = read(path)
    texts.set(path, text)
    for (const [, target = ''] of text.matchAll(imports)) visit(resolve(path, target))
  }
  visit(first)
  return [...texts.values()]
}
