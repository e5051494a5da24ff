import english from '../../locales/en-US/errors.json'
import {
  type Failure,
  type Params,
  type Reason,
  type TextKey,
  type Translate,
  translateBy,
  translateFailure,
  translateParams,
  translateText
} from './translate'

/** The codes a flow can tell failures apart by; they never change (design.md §2.8). */
export const ERROR_CODES = [
  'LOGIN_NEEDED',
  'SCOPE_MISSING',
  'RATE_LIMITED',
  'WITHINGS_UNAVAILABLE',
  'WITHINGS_REFUSED',
  'BAD_ANSWER',
  'BAD_INPUT',
  'BROKER_UNREACHABLE',
  'OUTBOX_FULL',
  'GLADYS_REFUSED',
  'NOT_CONFIGURED'
] as const satisfies readonly (keyof (typeof english)['withings']['error'])[]

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Where no other language is at hand. */
export const inEnglish: Translate = translateBy(english.withings)

/**
 * A failure with a stable `code`. `cause` repeats it because Catch of Node-RED 3.1 copies only message, stack
 * and cause. `params` fill the blanks of the catalogue, or tell code apart (`status`, `refused`, `retryAfter`);
 * never a secret or a health value. `message` is English; `lib/red/i18n` puts the user's language in its place.
 */
export class CodedError extends Error implements Failure {
  override readonly cause: { readonly code: ErrorCode }

  constructor(
    readonly code: ErrorCode,
    readonly key: TextKey | null,
    readonly params: Params = {}
  ) {
    super(translateFailure({ code, key, params }, inEnglish))
    this.name = 'CodedError'
    this.cause = { code }
  }

  /**
   * For people who look into it, in English: `params`, and as `detail` the text of `key`. Nothing of a foreign message,
   * which may quote what it stumbled over.
   */
  get details(): Readonly<Record<string, string | number>> {
    const { key, params } = this
    if (key === 'foreign') return {}
    const detail = key === null ? {} : { detail: translateText({ key, params }, inEnglish) }
    return { ...translateParams(params, inEnglish), ...detail }
  }
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is CodedError {
  return error instanceof CodedError && codes.includes(error.code)
}

/** What Withings finds wrong with the keys of the app. */
export type WrongKey = Extract<TextKey, 'clientId' | 'clientSecret'>

/** The key that Withings does not accept, while the login itself is good; undefined where the error is another one. */
export function wrongKeyOf(error: unknown): WrongKey | undefined {
  const key = error instanceof CodedError ? error.key : undefined
  return key === 'clientId' || key === 'clientSecret' ? key : undefined
}

/** Whether only a person can help, by a login or with the right keys: said once, not with each poll. */
export function needsPerson(error: unknown): boolean {
  return hasCode(error, 'LOGIN_NEEDED') || wrongKeyOf(error) !== undefined
}

/** Whether it may pass by itself. */
export function mayPass(error: unknown): error is CodedError {
  return hasCode(error, 'WITHINGS_UNAVAILABLE', 'RATE_LIMITED')
}

/** The same error if it is one of ours, else a fresh one with `code` and the foreign message. */
export function asCodedError(error: unknown, code: ErrorCode): CodedError {
  return error instanceof CodedError ? error : new CodedError(code, 'foreign', { text: messageOf(error) })
}

/** An error of which somebody else says what is wrong, or where. */
export function withReason(code: ErrorCode, reason: Reason, more: Params = {}): CodedError {
  if (typeof reason === 'string') return new CodedError(code, 'verbatim', { ...more, text: reason })
  return new CodedError(code, reason.key, { ...more, ...reason.params })
}

/** As plain data, for whoever shows it in a language of their own. */
export function failureOf({ code, message, key, params }: CodedError): Failure & { message: string } {
  return { code, message, key, params }
}

/** Withings sent something there that makes no sense. */
export function unreadable(place: string): CodedError {
  return new CodedError('BAD_ANSWER', 'verbatim', { text: place })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
