import { editorLanguage, type Translate } from '../nodes/red.editor'

/** A plugin asks under the name of the module, yet its texts are kept under its own (node-red.md §1.3). */
const CATALOGUE = '@gladys-withings/node-red-withings/withings-sidebar'
/** Named once for the whole package. */
const shared = /^(measure\.|unit\.|position\.|chapter\.|error\.|advice\.|detail\.|nap$)/

export const t: Translate = (key, params) =>
  RED._(`${CATALOGUE}:${shared.test(key) ? 'withings' : 'withings-sidebar'}.${key}`, params ?? {})

export function inDigits(number: number, options?: Intl.NumberFormatOptions): string {
  return number.toLocaleString(editorLanguage(), options)
}

const MINUTE = 60
const HOUR = 3_600

export function timeLeft(seconds: number): string {
  if (seconds < 2 * MINUTE) return t('secondsLeft', { count: Math.round(seconds) })
  if (seconds < 2 * HOUR) return t('minutesLeft', { count: Math.round(seconds / MINUTE) })
  return t('hoursLeft', { count: Math.round(seconds / HOUR) })
}
