import type { EditorRED } from 'node-red'
import { splitAddress, VARIABLE } from '../lib/base/address'
import { callbackKind } from '../lib/withings/auth/callback-url'

// Named *.editor.ts so that it stays out of the runtime build: esbuild puts it into the forms that need it.
declare global {
  const RED: EditorRED
}

export type Translate = (key: string, params?: Record<string, string | number>) => string

/** A node, or the definition of its type. */
export interface Translating {
  type: string
  _: Translate
}

interface Validated {
  _: Translate
}
/** What the types know of a validator; Node-RED takes a message only from one of two parameters. */
type Validator = (this: Validated, value: string) => boolean
type TellingValidator = (this: Validated, value: unknown, options: object) => string | true

interface Definition {
  defaults: Record<string, { type?: string; required?: boolean }>
}

export function check(messageKey: string, accepts: (value: unknown, node: Validated) => boolean): Validator {
  const telling: TellingValidator = function (value, _options) {
    return accepts(value, this) || this._(`withings.invalid.${messageKey}`)
  }
  return telling as unknown as Validator
}

function checkNumber(messageKey: string, fits: (number: number) => boolean): Validator {
  return check(messageKey, value => {
    const text = typeof value === 'number' ? `${value}` : typeof value === 'string' ? value.trim() : ''
    const number = Number(text)
    return VARIABLE.test(text) || (text !== '' && Number.isFinite(number) && fits(number))
  })
}

export const atLeastZero = checkNumber('number', number => number >= 0)
/** States a second. */
export const someRate = checkNumber('rate', number => number > 0)
/** Of a day. */
export const dayHours = checkNumber('hours', number => number >= 0 && number <= 24)
/** Minutes between polls; 0: none. */
export const someSchedule = checkNumber('schedule', number => number === 0 || number >= 1)

function isUrl(value: unknown, schemes: readonly string[]): boolean {
  const text = textOf(value)
  if (VARIABLE.test(text)) return true
  if (text.includes('${')) return false
  try {
    const url = new URL(text)
    return schemes.includes(url.protocol) && url.host !== ''
  } catch {
    return false
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
const isBlank = (value: unknown): boolean => value === undefined || value === null || value === ''
const WEB = ['http:', 'https:']

/** A login in the address would be refused, for there is no use for one. */
const isWebUrl = (value: unknown): boolean =>
  isUrl(value, WEB) && splitAddress(textOf(value)).address === textOf(value)

export const webUrlOrBlank = check('url', value => isBlank(value) || isWebUrl(value))
/** Its login is taken out of it when the form is saved. */
export const gladysUrlOrBlank = check('url', value => isBlank(value) || isUrl(value, WEB))
export const brokerUrl = check('brokerUrl', value => isUrl(value, ['mqtt:', 'mqtts:', 'ws:', 'wss:']))
/** Addresses of a service of one's own are needed only there. */
export const customUrl = check(
  'url',
  (value, node) => (node as { region?: string }).region !== 'custom' || isWebUrl(value)
)
/** Withings calls nothing else; empty means that it is not to call. */
export const publicUrlOrBlank = check('publicUrl', value => {
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' || ['public', 'unknown'].includes(callbackKind(text))
})
export const someCategory = check('categories', value => !Array.isArray(value) || value.length > 0)
export const someScope = check('scopes', value => !Array.isArray(value) || value.length > 0)

/** A number as a number; an `${ENV}` text, or what the validator complains about, stays as it was typed. */
export function numberIn(selector: string): number {
  const text = textIn(selector)
  const number = Number(text)
  return (text === '' || Number.isNaN(number) ? text : number) as number
}

export function textIn(selector: string): string {
  const value = $(selector).val()
  return typeof value === 'string' ? value.trim() : ''
}

export function labelStyle(this: { name: string }): string {
  return this.name ? 'node_label_italic' : ''
}

interface Internationalisation {
  i18n?: { lang?(): string }
}

/**
 * For dates and numbers: the language of the editor; undefined, the browser's own habits, where that is the browser's
 * language too or unknown, as in Node-RED 3.1.
 */
export function editorLanguage(): string | undefined {
  const chosen = (RED as unknown as Internationalisation).i18n?.lang?.()
  const plain = (language: string | undefined): string | undefined => language?.split('-')[0]
  return plain(chosen) === plain(navigator.language) ? undefined : chosen
}

/** Calls back now and whenever one of the fields changes. */
export function follow(selector: string, changed: () => void): void {
  $(selector).on('change input', changed)
  changed()
}

const SHORTEST_SCHEDULE = 10
const MINUTES = { day: 1440, hour: 60, minute: 1 }

function scheduleInWords(text: string, t: Translate): string {
  const minutes = Number(text)
  if (text === '' || !(minutes >= 0)) return ''
  if (minutes === 0) return t('withings.schedule.zero')
  if (minutes < SHORTEST_SCHEDULE) return t('withings.schedule.tooOften')
  const [unit, length] = Object.entries(MINUTES).find(([, length]) => minutes % length === 0) ?? ['minute', 1]
  const count = minutes / length
  const words = count === 1 ? unit : `${unit}s`
  return t(`withings.schedule.${words}`, { count })
}

/**
 * What the forms of all nodes share, for oneditprepare: a required config node that is the only one of its
 * type is chosen already, the schedule is told in words, and `data-override="msg.x"` says that msg.x has precedence.
 */
export function prepareForm(node: Translating): void {
  const t: Translate = (key, params) => node._(key, params)
  const { defaults } = RED.nodes.getType(node.type) as Definition
  for (const [property, { type, required }] of Object.entries(defaults))
    if (type !== undefined && required === true) chooseTheOnly(type, $(`#node-input-${property}`))
  follow('#node-input-schedule', () => {
    $('#withings-schedule-hint').text(scheduleInWords(textIn('#node-input-schedule'), t))
  })
  $('.withings-form [data-override]').each((_, place) => {
    $(place).text(t('withings.override', { property: $(place).attr('data-override') ?? '' }))
  })
}

/** Node-RED does that for a node that is dropped later than its config node, not for an earlier one. */
function chooseTheOnly(type: string, list: JQuery): void {
  const offered = list
    .find('option')
    .toArray()
    .map(option => option.value)
    .filter(id => (RED.nodes.node(id) as { type: string } | null)?.type === type)
  const [only] = offered
  if (only !== undefined && offered.length === 1) list.val(only)
}
