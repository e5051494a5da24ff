import type { Request } from 'express'
import type { NodeAPI } from 'node-red'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Translate } from '../../base/details'
import { translateDetail } from '../../base/details'
import { asCodedError, CodedError, type ErrorCode } from '../../base/errors'
import { asObject, asText } from '../../base/json'

/** Text of the catalogue under `withings.<key>`; `fallback` where no catalogue is loaded. */
export function t(
  RED: NodeAPI,
  key: string,
  params: Readonly<Record<string, string | number>> = {},
  fallback = key
): string {
  const path = `withings.${key}`
  const found: unknown = RED._(path, params)
  return typeof found === 'string' && found !== path && found !== '' ? found : fallback
}

/** The error with its code and details, worded in the language of Node-RED, or of `say` (design.md §2.8). */
export function translateError(
  RED: NodeAPI,
  error: unknown,
  otherwise: ErrorCode,
  say: Translate = (key, params) => t(RED, key, params, '') || undefined
): CodedError {
  const coded = asCodedError(error, otherwise)
  const detail = translateDetail(String(coded.details.detail ?? coded.message), say)
  const { advice } = coded.details
  // What to do is not always to open the node: a full disk has a sentence of its own.
  const key = advice === undefined ? `error.${coded.code}` : `advice.${advice}`
  const sentence = say(key, { ...coded.details, detail })
  return new CodedError(coded.code, sentence ?? coded.message, coded.details)
}

/** The texts in the language that a browser asks for. */
export function textsFor(req: Request): Translate {
  return textsIn(LOCALES, languageFor(LOCALES, req.get('accept-language')))
}

const DEFAULT_LANGUAGE = 'en-US'
const CATALOGUE = 'withings-account.json'

/** Where the build puts the catalogues. */
export const LOCALES = join(__dirname, '../../../nodes/locales')

/** The first language of `Accept-Language` that has a catalogue below `localesDir`. */
export function languageFor(localesDir: string, acceptLanguage = ''): string {
  const available = languagesIn(localesDir)
  const wanted = acceptLanguage.split(',').map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  for (const tag of wanted) {
    const found = available.find(
      language =>
        language.toLowerCase() === tag || language.split('-')[0]?.toLowerCase() === tag.split('-')[0]
    )
    if (found !== undefined) return found
  }
  return DEFAULT_LANGUAGE
}

/**
 * The texts that all nodes share, in one language. Node-RED's own translation speaks the language of the server,
 * which need not be the one of who asks.
 */
export function textsIn(localesDir: string, language: string): Translate {
  const texts = catalogueIn(localesDir, language)
  return (key, params) => {
    const found = key.split('.').reduce<unknown>((part, name) => asObject(part)?.[name], texts)
    return asText(found)?.replace(/__(\w+?)__/g, (blank, name: string) => String(params[name] ?? blank))
  }
}

function languagesIn(localesDir: string): string[] {
  try {
    return readdirSync(localesDir)
  } catch {
    return []
  }
}

function catalogueIn(localesDir: string, language: string): unknown {
  try {
    const catalogue: unknown = JSON.parse(readFileSync(join(localesDir, language, CATALOGUE), 'utf8'))
    return asObject(catalogue)?.withings
  } catch {
    return undefined
  }
}
