import { parseUrl, splitAddress, VARIABLE } from '../lib/base/address'
import { callbackKind } from '../lib/withings/auth/callback-url'
import type { FormNode, Property } from './red.editor'

type Validator = NonNullable<Property['validate']>

/** A validator that complains with a text of the catalogue. */
export function check(messageKey: string, accepts: (value: unknown, node: FormNode) => boolean): Validator {
  return function (value, _options) {
    return accepts(value, this) || this._(`withings.invalid.${messageKey}`)
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

function checkNumber(messageKey: string, fits: (number: number) => boolean): Validator {
  return check(messageKey, value => {
    const text = typeof value === 'number' ? `${value}` : textOf(value)
    const number = Number(text)
    return VARIABLE.test(text) || (text !== '' && Number.isFinite(number) && fits(number))
  })
}

export const atLeastZero = checkNumber('number', number => number >= 0)
/** States a second. */
export const aboveZeroRate = checkNumber('rate', number => number > 0)
/** Of a day. */
export const dayHours = checkNumber('hours', number => number >= 0 && number <= 24)
/** Minutes between polls; 0: none. */
export const pollMinutes = checkNumber('schedule', number => number === 0 || number >= 1)

function isUrl(value: unknown, schemes: readonly string[]): boolean {
  const text = textOf(value)
  if (VARIABLE.test(text)) return true
  if (text.includes('${')) return false
  const url = parseUrl(text)
  return url !== undefined && schemes.includes(url.protocol) && url.host !== ''
}

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
  const text = textOf(value)
  return text === '' || ['public', 'unknown'].includes(callbackKind(text))
})

/** A list that is not empty. */
export const atLeastOne = (messageKey: 'categories' | 'scopes'): Validator =>
  check(messageKey, value => !Array.isArray(value) || value.length > 0)
