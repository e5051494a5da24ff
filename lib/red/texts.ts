import type { Request } from 'express'
import type { NodeAPI } from 'node-red'
import { worded, type Say } from '../details'
import { asCodedError, CodedError, type ErrorCode } from '../errors'
import { languageFor, LOCALES, textsIn } from './languages'

/** Text of the catalogue under `withings.<key>`; `fallback` where no catalogue is loaded. */
export function text(
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
export function translated(
  RED: NodeAPI,
  error: unknown,
  otherwise: ErrorCode,
  say: Say = (key, params) => text(RED, key, params, '') || undefined
): CodedError {
  const coded = asCodedError(error, otherwise)
  const detail = worded(String(coded.details.detail ?? coded.message), say)
  const { advice } = coded.details
  // What to do is not always to open the node: a full disk has a sentence of its own.
  const key = advice === undefined ? `error.${coded.code}` : `advice.${advice}`
  const sentence = say(key, { ...coded.details, detail })
  return new CodedError(coded.code, sentence ?? coded.message, coded.details)
}

/** The texts in the language that a browser asks for. */
export function textsFor(req: Request): Say {
  return textsIn(LOCALES, languageFor(LOCALES, req.get('accept-language')))
}
