import type { Json, JsonObject } from './types'

export interface Reply {
  httpStatus: number
  contentType: string
  text: string
  location?: string
  /** For the request log. */
  status: number
}

export interface Envelope {
  status: number
  body?: Json
  error?: string
}

export function success(body: JsonObject): Envelope {
  return { status: 0, body }
}

/** Withings leaves out body and error, or one of them, without a rule: each failure gets the next shape. */
export class Failures {
  private count = 0

  next(status: number, error: string): Envelope {
    const shapes: Envelope[] = [
      { status, body: {}, error },
      { status, body: [] },
      { status, error },
      { status },
      { status, body: {} }
    ]
    return shapes[this.count++ % shapes.length] ?? { status }
  }
}

/** The token endpoint is the one that was seen to say why. */
export function tokenFailure(error: string, status = 503): Envelope {
  return { status, body: {}, error }
}

export function envelopeReply(envelope: Envelope): Reply {
  return {
    httpStatus: 200,
    contentType: 'application/json',
    text: JSON.stringify(envelope),
    status: envelope.status
  }
}

export function htmlReply(httpStatus: number, text: string): Reply {
  return { httpStatus, contentType: 'text/html; charset=utf-8', text, status: httpStatus }
}

export function pageErrorReply(message: string): Reply {
  return {
    httpStatus: 400,
    contentType: 'application/json',
    text: JSON.stringify({ errors: [{ message }] }),
    status: 400
  }
}

export function redirectReply(location: string): Reply {
  return { httpStatus: 302, contentType: 'text/plain', text: '', location, status: 302 }
}
