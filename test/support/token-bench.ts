import { CodedError } from '../../lib/base/errors'
import type { ClientSettings, TokenPair } from '../../lib/withings/auth/oauth'
import { TokenManager, type TokenRecord, type TokenStore } from '../../lib/withings/auth/token-manager'
import { FakeClock } from './fake-clock'

export const settings: ClientSettings = {
  clientId: 'client',
  clientSecret: 'secret',
  apiUrl: 'https://api.example',
  accountUrl: 'https://account.example'
}

export const pairOf = (number: number, changes: Partial<TokenPair> = {}): TokenPair => ({
  userId: '12',
  accessToken: `access-${number}`,
  refreshToken: `refresh-${number}`,
  expiresIn: 10_800,
  scopes: ['user.info', 'user.metrics'],
  ...changes
})

/** A disk that survives the tokens, and can be slow or full. */
export class Disk implements TokenStore {
  durable = true
  full = false
  /** When set, each save ends with it. */
  slow: Promise<void> | undefined
  private readonly records = new Map<string, string>()

  constructor(private readonly events: string[]) {}

  load(account: string): TokenRecord | undefined {
    const text = this.records.get(account)
    return text === undefined ? undefined : (JSON.parse(text) as TokenRecord)
  }

  async save(account: string, record: TokenRecord): Promise<void> {
    this.events.push(`saving ${record.accessToken}`)
    await this.slow
    if (this.full) throw new Error('ENOSPC')
    this.records.set(account, JSON.stringify(record))
    this.events.push(`saved ${record.accessToken}`)
  }

  remove(account: string): Promise<void> {
    this.records.delete(account)
    return Promise.resolve()
  }
}

/** A tokens with a disk, and a Withings that gives pairs 2, 3, … or refuses as a test says. */
export class TokenBench {
  readonly clock = new FakeClock()
  readonly events: string[] = []
  readonly disk = new Disk(this.events)
  readonly changed: string[] = []
  /** Each is asked with the refresh token; default: the next pair. */
  readonly answers: ((refreshToken: string) => TokenPair | Promise<TokenPair>)[] = []
  private next = 2
  tokens = this.boot()

  /** The process starts again. */
  boot(): TokenManager {
    this.tokens = new TokenManager(
      this.disk,
      async (_settings, refreshToken) => {
        this.events.push(`asked with ${refreshToken}`)
        const answer = this.answers.shift() ?? (() => pairOf(this.next))
        const pair = await answer(refreshToken)
        this.next += 1
        this.events.push(`given ${pair.accessToken}`)
        return pair
      },
      this.clock,
      account => this.changed.push(account)
    )
    return this.tokens
  }

  /** Linked with pair 1, and so late that a call has to refresh. */
  async linkedLongAgo(): Promise<void> {
    await this.tokens.link('account', pairOf(1), [])
    await this.clock.advance(10_800_000)
    this.events.length = 0
    this.changed.length = 0
  }

  token(changes: Partial<ClientSettings> = {}): Promise<string> {
    return this.tokens.accessToken('account', { ...settings, ...changes })
  }

  get asked(): string[] {
    return this.events.filter(event => event.startsWith('asked'))
  }
}

export const refused = (): never => {
  throw new CodedError('WITHINGS_REFUSED', null, { status: 503 })
}
/** Withings names what it does not accept. */
export const refusing = (refused: string) => (): never => {
  throw new CodedError('WITHINGS_REFUSED', null, { status: 503, refused })
}
export const unavailable = (): never => {
  throw new CodedError('WITHINGS_UNAVAILABLE', 'verbatim', { text: 'away' })
}
