import { type Envelope, success } from './replies'
import type { Person } from './types'
import type { ApiRequest, World } from './world'

/** withings-api.md §10.4 */
const scopeOfAppli: Record<number, string> = {
  1: 'user.metrics',
  2: 'user.metrics',
  4: 'user.metrics',
  16: 'user.activity',
  44: 'user.activity',
  46: 'user.info',
  50: 'user.sleepevents',
  51: 'user.sleepevents',
  52: 'user.sleepevents',
  54: 'user.metrics',
  55: 'user.metrics',
  58: 'user.metrics',
  61: 'user.metrics',
  62: 'user.metrics',
  63: 'user.metrics'
}
const never = 2_147_483_647
const longest = 255
const mostPerUser = 100
const status = { callback: 293, comment: 304, tooMany: 305, nothing: [286, 294, 343] }
const patience = 2_000

export interface Subscription {
  userId: string
  appli: number
  callbackUrl: string
  comment: string
}

/** Where a public address leads, as a reverse proxy in front of a Node-RED would know. */
interface Way {
  origin: string
  headers: Record<string, string>
}

/** Who wants to be called, and how to get there. */
export class NotifyDesk {
  subscriptions: Subscription[] = []
  private readonly ways = new Map<string, Way>()
  private revokes = 0

  lead(publicOrigin: string, origin: string, headers: Record<string, string> = {}): void {
    this.ways.set(publicOrigin, { origin, headers })
  }

  of(userId: string): Subscription[] {
    return this.subscriptions.filter(each => each.userId === userId)
  }

  /** A request of Withings to a callback URL; null when nobody answers in time. */
  async call(
    callbackUrl: string,
    method: 'HEAD' | 'POST',
    form?: Record<string, string>
  ): Promise<Response | null> {
    const { origin, pathname, search } = new URL(callbackUrl)
    const way = this.ways.get(origin)
    if (way === undefined) {
      return null
    }
    const body = form === undefined ? null : new URLSearchParams(form)
    try {
      return await fetch(way.origin + pathname + search, {
        method,
        headers: way.headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(patience)
      })
    } catch {
      return null
    }
  }

  /** Documentation says HEAD, others saw a POST: both have to be answered, HEAD with nothing but 200. */
  async answers(callbackUrl: string): Promise<boolean> {
    const head = await this.call(callbackUrl, 'HEAD')
    return head?.status === 200 && (await this.call(callbackUrl, 'POST', {}))?.ok === true
  }

  nothingThere(): number {
    return status.nothing[this.revokes++ % status.nothing.length] as number
  }
}

type Answer = Envelope | null | Promise<Envelope | null>

/** What subscribing needs; null: that category does not exist. */
export function scopeOf({ appli }: Record<string, string>): string | null {
  return scopeOfAppli[Number(appli)] ?? null
}

export function subscribe(world: World, person: Person, { params }: ApiRequest): Answer {
  const { failures, notify } = world
  const appli = appliOf(params.appli)
  const { callbackurl: callbackUrl = '', comment = '' } = params
  if (appli === null) {
    return null
  }
  if (comment.length > longest) {
    return failures.next(status.comment, 'Comment')
  }
  if (!isPublic(callbackUrl)) {
    return failures.next(status.callback, 'Callback URL')
  }
  if (notify.of(person.userId).length >= mostPerUser) {
    return failures.next(status.tooMany, 'Too many notifications')
  }
  return notify.answers(callbackUrl).then(reached => {
    if (!reached) {
      return failures.next(status.callback, 'Callback URL')
    }
    // Asked twice it is there twice, of which `update` would change only one.
    notify.subscriptions.push({ userId: person.userId, appli, callbackUrl, comment })
    return { status: 0, body: {} }
  })
}

export function list({ notify }: World, person: Person, { params }: ApiRequest): Answer {
  const appli = params.appli === undefined ? undefined : appliOf(params.appli)
  if (appli === null) {
    return null
  }
  const found = notify.of(person.userId).filter(each => appli === undefined || each.appli === appli)
  return success({
    profiles: found.map(each => ({
      appli: each.appli,
      callbackurl: each.callbackUrl,
      comment: each.comment,
      expires: never
    }))
  })
}

export function get(world: World, person: Person, { params }: ApiRequest): Answer {
  const appli = appliOf(params.appli ?? '1')
  const { callbackurl } = params
  if (appli === null || callbackurl === undefined) {
    return null
  }
  const found = world.notify
    .of(person.userId)
    .filter(each => each.appli === appli && each.callbackUrl === callbackurl)
    .at(-1)
  return found === undefined
    ? world.failures.next(world.notify.nothingThere(), 'No such subscription')
    : success({ appli, callbackurl, comment: found.comment })
}

/** Without a category, all of that address. */
export function revoke(world: World, person: Person, { params }: ApiRequest): Answer {
  const { notify, failures } = world
  const appli = params.appli === undefined ? undefined : appliOf(params.appli)
  if (appli === null || params.callbackurl === undefined) {
    return null
  }
  const before = notify.subscriptions.length
  notify.subscriptions = notify.subscriptions.filter(
    each =>
      each.userId !== person.userId ||
      each.callbackUrl !== params.callbackurl ||
      (appli !== undefined && each.appli !== appli)
  )
  return notify.subscriptions.length < before
    ? { status: 0 }
    : failures.next(notify.nothingThere(), 'No such subscription')
}

function appliOf(text: string | undefined): number | null {
  const appli = /^\d+$/.test(text ?? '') ? Number(text) : NaN
  return scopeOfAppli[appli] === undefined ? null : appli
}

/** https, a proper domain, port 443 or 80, at most 255 characters (withings-api.md §10.2). */
function isPublic(text: string): boolean {
  if (!URL.canParse(text) || text.length > longest) {
    return false
  }
  const { protocol, hostname, port } = new URL(text)
  const isDomain = /^([a-z0-9-]+\.)+[a-z]{2,}$/i.test(hostname)
  return protocol === 'https:' && isDomain && (port === '' || port === '80')
}
