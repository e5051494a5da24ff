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
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** `details.advice` of an error whose way out is not that of its code; each has a sentence of its own. */
export const ADVICE = ['disk', 'settings', 'clientId', 'clientSecret'] as const

/** Values named in the sentence of the catalogue, e.g. the missing scope; never a secret or a health value. */
export type ErrorDetails = Readonly<Record<string, string | number>>

/**
 * A failure with a stable `code`. `cause` repeats it because Catch of Node-RED 3.1 copies only message, stack
 * and cause. `message` is plain English; the adapters in `lib/red` put the user's language in its place.
 */
export class CodedError extends Error {
  override readonly cause: { readonly code: ErrorCode }

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {}
  ) {
    super(message)
    this.name = 'CodedError'
    this.cause = { code }
  }

  /** Node-RED shows errors by this: users get the sentence without the name of a class. */
  override toString(): string {
    return this.message
  }
}

function withDetail(code: ErrorCode, beginning: string) {
  return (detail: string, more: ErrorDetails = {}): CodedError =>
    new CodedError(code, `${beginning} ${detail}.`, { ...more, detail })
}

// Each makes the error whose sentence ends with this detail.
export const badInput = withDetail('BAD_INPUT', 'The input cannot be used:')
export const notSetUp = withDetail('NOT_CONFIGURED', 'Not set up:')
export const loginNeeded = withDetail('LOGIN_NEEDED', 'A login is needed:')
export const unavailable = withDetail('WITHINGS_UNAVAILABLE', 'Withings cannot be used now:')
export const unreadable = withDetail('BAD_ANSWER', 'Withings sent something unreadable at')

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is CodedError {
  return error instanceof CodedError && codes.includes(error.code)
}

/** What Withings finds wrong with the keys of the app. */
export type WrongKey = Extract<(typeof ADVICE)[number], 'clientId' | 'clientSecret'>

/** Withings does not accept this key; the login itself is good, and goes on with the right one. */
export function keyRefused(key: WrongKey, detail: string, more: ErrorDetails = {}): CodedError {
  return notSetUp(detail, { ...more, advice: key })
}

/** The key that Withings does not accept; undefined where the error is another one. */
export function wrongKeyOf(error: unknown): WrongKey | undefined {
  const advice = hasCode(error, 'NOT_CONFIGURED') ? error.details.advice : undefined
  return advice === 'clientId' || advice === 'clientSecret' ? advice : undefined
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
  if (error instanceof CodedError) return error
  return new CodedError(code, messageOf(error))
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
