import type { NextFunction, Request, Response } from 'express'
import type { NodeAPI } from 'node-red'
import type { ErrorCode } from '../errors'
import { textsFor, translated } from './texts'

/** Permissions of the admin endpoints. */
export const READ = 'withings-account.read'
export const WRITE = 'withings-account.write'

const httpStatuses: Partial<Record<ErrorCode, number>> = {
  BAD_INPUT: 400,
  NOT_CONFIGURED: 400,
  LOGIN_NEEDED: 409,
  SCOPE_MISSING: 409,
  RATE_LIMITED: 503,
  WITHINGS_UNAVAILABLE: 503
}

type Handler = (req: Request, res: Response) => void | Promise<void>

/** Runs a handler so that nothing is cached and whatever fails becomes `{error: {code, message}}`. */
export function adminAnswer(RED: NodeAPI, handler: Handler) {
  return (req: Request, res: Response, _next: NextFunction): void => {
    res.set('Cache-Control', 'no-store')
    Promise.resolve()
      .then(() => handler(req, res))
      .catch((error: unknown) => {
        const { code, message } = translated(RED, error, 'BAD_INPUT', textsFor(req))
        res.status(httpStatuses[code] ?? 502).json({ error: { code, message } })
      })
  }
}
