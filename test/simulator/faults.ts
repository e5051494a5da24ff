import type { Json } from './types'

/** What a fault may look at. */
export interface FaultRequest {
  readonly method: string
  readonly path: string
  readonly action: string
  readonly params: Readonly<Record<string, string>>
  readonly userId: string | null
}

interface FaultTarget {
  path?: string
  action?: string
  userId?: string
  /** Parameters that have to have these values, e.g. `{ grant_type: 'refresh_token' }`. */
  params?: Record<string, string>
  /** How many requests it hits; without it, until off. */
  times?: number
}

interface FaultKinds {
  /** HTTP 502 with a page of HTML. */
  html: object
  'html-200': object
  /** Half of the JSON text. */
  truncated: object
  /** Never answers. */
  hang: object
  /** Destroys the socket, before (default) or after the request was processed. */
  reset: { when?: 'before' | 'after' }
  /** Any Withings status, in an HTTP 200. */
  status: { status: number; error?: string }
  /** Any HTTP code. */
  http: { code: number }
  /** `false` where a time or a zero belongs; fields: see `mutations.ts`. */
  'false-numbers': { fields?: string[] }
  /** `[]` as body. */
  'array-body': object
  /** Pages and offset stay, `more` is left out. */
  'missing-more': object
  /** Always `more: 1`, with the offset that was asked. */
  'stuck-offset': object
  /** Every number as text. */
  'text-numbers': object
  /** New fields at every level. */
  'unknown-fields': object
  slow: { ms: number }
  /** After a page that is not the last, a group appears at the front, or one that was sent goes. */
  'page-change': { change: 'insert' | 'remove' }
  /** In front of the groups of a page, as they are: what no real answer holds. */
  'extra-groups': { groups: Json[] }
  /** Goals among the measures, though nobody asked for category 2. */
  'mixed-categories': object
  /** Runs before the request is processed. */
  before: { before: (request: FaultRequest) => void | Promise<void> }
}

export type FaultKind = keyof FaultKinds
type FaultOf<Kind extends FaultKind> = { [K in Kind]: { kind: K } & FaultKinds[K] & FaultTarget }[Kind]
export type Fault = FaultOf<FaultKind>

export interface FaultHandle {
  off(): void
  /** Requests hit so far. */
  readonly hits: number
}

export interface Faults {
  add(fault: Fault): FaultHandle
  clear(): void
}

interface Entry {
  fault: Fault
  hits: number
}

export class FaultRegistry implements Faults {
  private entries: Entry[] = []

  add(fault: Fault): FaultHandle {
    const entry: Entry = { fault, hits: 0 }
    this.entries.push(entry)
    return {
      off: () => {
        this.entries = this.entries.filter(each => each !== entry)
      },
      get hits() {
        return entry.hits
      }
    }
  }

  clear(): void {
    this.entries = []
  }

  /** The first active fault of this kind for the request; counts as a hit. */
  take<Kind extends FaultKind>(
    kind: Kind,
    request: FaultRequest,
    applies: (fault: FaultOf<Kind>) => boolean = () => true
  ): FaultOf<Kind> | undefined {
    for (const entry of this.entries) {
      const { fault } = entry
      if (isKind(fault, kind) && isActive(entry) && matches(fault, request) && applies(fault)) {
        entry.hits++
        return fault
      }
    }
    return undefined
  }
}

function isKind<Kind extends FaultKind>(fault: Fault, kind: Kind): fault is Fault & FaultOf<Kind> {
  return fault.kind === kind
}

function isActive({ fault, hits }: Entry): boolean {
  return fault.times === undefined || hits < fault.times
}

function matches({ path, action, userId, params = {} }: FaultTarget, request: FaultRequest): boolean {
  return (
    (path === undefined || path === request.path) &&
    (action === undefined || action === request.action) &&
    (userId === undefined || userId === request.userId) &&
    Object.entries(params).every(([name, value]) => request.params[name] === value)
  )
}
