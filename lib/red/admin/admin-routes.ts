import type { Request, Response } from 'express'
import type { NodeAPI } from 'node-red'
import { CodedError, type ErrorCode } from '../../base/errors'
import { textsFor, translateError } from '../i18n/texts'

const httpStatuses: Partial<Record<ErrorCode, number>> = {
  BAD_INPUT: 400,
  NOT_CONFIGURED: 400,
  LOGIN_NEEDED: 409,
  SCOPE_MISSING: 409,
  RATE_LIMITED: 503,
  WITHINGS_UNAVAILABLE: 503
}

/** Gives what is answered as JSON. */
type Handler = (req: Request, res: Response) => unknown

const registered = new Map<string, object>()

/** Whether `subject` has no routes in `app` yet: Express keeps them for good. */
export function isFirst(app: object, subject: string): boolean {
  if (registered.get(subject) === app) return false
  registered.set(subject, app)
  return true
}

/**
 * How to add admin endpoints for who may read (`get`) or write (`post`). Nothing of them is cached; whatever fails
 * becomes `{error: {code, message}}`.
 */
export function adminRoutes(RED: NodeAPI) {
  const answer = (handler: Handler) => (req: Request, res: Response) => {
    res.set('Cache-Control', 'no-store')
    Promise.resolve()
      .then(() => handler(req, res))
      .then(content => res.json(content))
      .catch((error: unknown) => {
        const { code, message } = translateError(RED, error, 'BAD_INPUT', textsFor(req))
        const isGone = error instanceof CodedError && error.key === 'noImport'
        res.status(isGone ? 404 : (httpStatuses[code] ?? 502)).json({ error: { code, message } })
      })
  }
  const guard = (permission: string) => RED.auth.needsPermission(permission)
  return {
    get: (path: string, handler: Handler) =>
      RED.httpAdmin.get(path, guard('withings-account.read'), answer(handler)),
    post: (path: string, handler: Handler) =>
      RED.httpAdmin.post(path, guard('withings-account.write'), answer(handler))
  }
}
