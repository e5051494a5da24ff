import type { Request } from 'express'
import type { NodeAPI } from 'node-red'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../../base/append-log'
import { asCodedError, type ErrorCode, inEnglish } from '../../base/errors'
import { asObject } from '../../base/json'
import {
  type Params,
  type Translate,
  translateBy,
  translateFailure,
  translateParams
} from '../../base/translate'

/** Text of the catalogue under `withings.<key>`; where none is loaded, in English if it is of an error, or `fallback`. */
export function t(RED: NodeAPI, key: string, params: Params = {}, fallback = key): string {
  const path = `withings.${key}`
  const values = translateParams(params, (each, more) => t(RED, each, more))
  const found: unknown = RED._(path, values)
  if (typeof found === 'string' && found !== path && found !== '') return found
  return inEnglish(key, values) ?? fallback
}

/** A failure as people read it. Catch copies its properties, and the debug sidebar shows its cause as text: the code. */
export class Explanation extends Error {
  override readonly cause: { readonly code: ErrorCode }

  constructor(
    readonly code: ErrorCode,
    message: string,
    override readonly stack: string
  ) {
    super(message)
    this.name = 'CodedError'
    this.cause = Object.defineProperty({ code }, 'toString', { value: () => code })
  }

  /** Node-RED shows errors by this: users get the sentence without the name of a class. */
  override toString(): string {
    return this.message
  }
}

/** The error with its code, worded in the language of Node-RED, or of `say` (design.md §2.8). */
export function translateError(
  RED: NodeAPI,
  error: unknown,
  otherwise: ErrorCode,
  say: Translate = (key, params) => t(RED, key, params)
): Explanation {
  const coded = asCodedError(error, otherwise)
  const orInEnglish: Translate = (key, params) => say(key, params) ?? inEnglish(key, params)
  return new Explanation(coded.code, translateFailure(coded, orInEnglish), coded.stack ?? '')
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
  const available = namesIn(localesDir)
  const wanted = acceptLanguage.split(',').map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  for (const tag of wanted) {
    const plain = (language: string) => language.toLowerCase().split('-')[0]
    const found = available.find(name => name.toLowerCase() === tag || plain(name) === plain(tag))
    if (found !== undefined) return found
  }
  return DEFAULT_LANGUAGE
}

/**
 * The texts that all nodes share, in one language. Node-RED's own translation speaks the language of the server,
 * which need not be the one of who asks.
 */
export function textsIn(localesDir: string, language: string): Translate {
  try {
    const catalogue: unknown = JSON.parse(readFileSync(join(localesDir, language, CATALOGUE), 'utf8'))
    return translateBy(asObject(catalogue)?.withings)
  } catch {
    return () => undefined
  }
}
