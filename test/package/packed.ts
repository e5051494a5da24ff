import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runInNewContext } from 'node:vm'
import { installedPackage, tarball } from '../support/tarball'

export const repository = resolve(__dirname, '../..')
export const LANGUAGES = ['en-US', 'fr', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

export interface Manifest {
  name: string
  version: string
  license: string
  description: string
  keywords: string[]
  engines: { node: string }
  repository: { url: string }
  'node-red': { version: string; nodes: Record<string, string>; plugins: Record<string, string> }
  scripts: Record<string, string>
  dependencies: Record<string, string>
}

const manifestInRepository = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest

export const PACKAGE = manifestInRepository.name
/** Known without packing, so that there can be one test for each. */
export const TYPES = Object.keys(manifestInRepository['node-red'].nodes)
export const PLUGINS = Object.keys(manifestInRepository['node-red'].plugins)
export const EXAMPLES = readdirSync(join(repository, 'examples')).sort()

export function packedFolder(): string {
  return join(installedPackage(), 'node_modules', ...PACKAGE.split('/'))
}

export function packedText(path: string): string {
  return readFileSync(join(packedFolder(), path), 'utf8')
}

export function packedJson(path: string): unknown {
  return JSON.parse(packedText(path))
}

export function manifest(): Manifest {
  return packedJson('package.json') as Manifest
}

/** Paths in the tarball, without the folder that npm puts around them. */
export function packedPaths(): string[] {
  return execFileSync('tar', ['-tzf', tarball()], { encoding: 'utf8' })
    .split(/\r?\n/)
    .filter(line => line !== '' && !line.endsWith('/'))
    .map(line => line.replace(/^package\//, ''))
    .sort()
}

/** `a.b.c` → text of a catalogue. */
export function catalogue(type: string, language: Language, folder = 'nodes'): Map<string, string> {
  const texts = new Map<string, string>()
  const collect = (value: unknown, path: string): void => {
    if (typeof value === 'string') texts.set(path, value)
    else
      for (const [key, inner] of Object.entries(value as object))
        collect(inner, path === '' ? key : `${path}.${key}`)
  }
  collect(packedJson(`dist/${folder}/locales/${language}/${type}.json`), '')
  return texts
}

/** The two parts of an editor file. */
export function formOf(type: string): { html: string; script: string; template: string } {
  const html = packedText(`dist/nodes/${type}.html`)
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
  const template =
    new RegExp(`<script type="text/html" data-template-name="${type}">([\\s\\S]*?)</script>`).exec(
      html
    )?.[1] ?? ''
  return { html, script, template }
}

type Validate = (this: object, value: unknown, options: object) => boolean | string

export interface Definition {
  category: string
  icon?: string
  defaults: Record<string, { value: unknown; type?: string; required?: boolean; validate?: Validate }>
  credentials?: Record<string, { type: string }>
  label(this: object): string
}

/** What the script of a form registers, as the editor would see it. */
export function definitionOf(type: string): Definition {
  const registered = new Map<string, Definition>()
  const registerType = (name: string, definition: Definition): void => {
    registered.set(name, definition)
  }
  // No dialog is open.
  const $ = () => ({ val: () => undefined })
  runInNewContext(formOf(type).script, { RED: { nodes: { registerType } }, URL, $ })
  const definition = registered.get(type)
  if (!definition || registered.size !== 1)
    throw new Error(`${type}: registers ${[...registered.keys()].join()}`)
  return definition
}

export type ExampleNode = Record<string, unknown> & { id: string; type: string }

export function example(name: string): ExampleNode[] {
  return packedJson(`examples/${name}`) as ExampleNode[]
}
