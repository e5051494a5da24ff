// Makes the form of a node type from nodes/<type>.html, where a row is one line:
//
//   <!-- choice-row mode new period all -->  a list of choices
//   <!-- number-row days -->                 a field; number, decimal, text, user, secret or tick
//   <!-- account-row -->                     what nodes/account-row.html has, for rows of several forms
//
// A row takes its words from the catalogue: `label.days`, `mode.period`, `example.days` as placeholder, and `daysHint`, a text or
// one for each choice. `*.label.days` is the text of the node type, else the one that the forms share (withings.label.days).
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const read = path => readFileSync(join(root, path), 'utf8')
const textsOf = name => JSON.parse(read(`locales/en-US/${name}.json`))
const shared = textsOf('shared').withings
const css = read('nodes/form.css')

const ROW = /( *)<!-- ([a-z]+)-row([\w ]*?) -->/g
const INPUTS = {
  text: ['text'],
  number: ['text', 'inputmode="numeric"'],
  decimal: ['text', 'inputmode="decimal"'],
  user: ['text', 'autocomplete="off"'],
  secret: ['password', 'autocomplete="new-password"'],
  tick: ['checkbox']
}

const at = (texts, path) => path.split('.').reduce((inner, key) => inner?.[key], texts)

/** Style and rows of a form, as Node-RED takes it for its dialog. */
export function formOf(type) {
  const own = textsOf(type)[type]
  const isConfig = read(`nodes/${type}.editor.ts`).includes("category: 'config'")

  const keyOf = path => {
    if (at(own, path) !== undefined) return `${type}.${path}`
    if (at(shared, path) !== undefined) return `withings.${path}`
    throw new Error(`nodes/${type}.html: no text for ${path}`)
  }
  const hintOf = field => {
    const hint = own[`${field}Hint`]
    if (hint === undefined) return []
    if (typeof hint === 'string') return [`<div class="withings-hint" data-i18n="*.${field}Hint"></div>`]
    const attributes = `id="withings-${field}-hint" data-hint="*.${field}Hint ${field}" aria-live="polite"`
    return [`<div class="withings-hint" ${attributes}></div>`]
  }
  const inputOf = (kind, field) => {
    const [input, ...attributes] = INPUTS[kind]
    if (own.example?.[field] !== undefined) attributes.push(`data-i18n="[placeholder]*.example.${field}"`)
    return [`<input type="${input}" ${[`id="node-input-${field}"`, ...attributes].join(' ')}>`]
  }
  const choiceOf = (field, choices) => [
    `<select id="node-input-${field}">`,
    ...choices.map(choice => `  <option value="${choice}" data-i18n="*.${field}.${choice}"></option>`),
    '</select>'
  ]
  const rowOf = (kind, [field, ...choices]) => {
    if (field === undefined) return read(`nodes/${kind}-row.html`).trimEnd().split('\n')
    const inner = [
      `<label for="node-input-${field}" data-i18n="*.label.${field}"></label>`,
      ...(kind === 'choice' ? choiceOf(field, choices) : inputOf(kind, field)),
      ...hintOf(field)
    ]
    return ['<div class="form-row">', ...inner.map(line => `  ${line}`), '</div>']
  }

  const rows = read(`nodes/${type}.html`).replace(ROW, (_, indent, kind, words) =>
    rowOf(kind, words.split(' ').filter(Boolean))
      .map(line => indent + line)
      .join('\n')
  )
  const form = rows.replace(/\*\.([\w.]+)/g, (_, path) => keyOf(path))
  return `<style>\n${css}</style>\n${isConfig ? form.replaceAll('node-input-', 'node-config-input-') : form}`.trim()
}
