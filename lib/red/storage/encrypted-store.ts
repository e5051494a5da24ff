import type { NodeAPI } from 'node-red'
import { randomBytes } from 'node:crypto'
import { decrypt, encrypt } from '../../base/encryption'
import { asObject, asText } from '../../base/json'
import { readSetting, SettingsStore } from './settings-store'

const OWN_KEY = 'withingsKey'

/**
 * Encrypted records under one key of RED.settings. Sealed with the secret that Node-RED encrypts credentials
 * with (node-red.md §2.6); when the user changes that secret, a record is opened with the old one and sealed
 * again. That happens at once: with the next deploy Node-RED forgets the secret it had made itself.
 */
export class EncryptedStore<T> {
  private readonly sealed: SettingsStore<string>
  private readonly opened = new Map<string, T>()
  /** How often each was removed. */
  private readonly removals = new Map<string, number>()

  /** `parse`: a record from what was kept; undefined for what is none. */
  constructor(
    private readonly RED: NodeAPI,
    key: string,
    private readonly parse: (value: unknown) => T | undefined
  ) {
    this.sealed = new SettingsStore(RED, key, asText)
    this.ids().forEach(id => this.load(id))
  }

  get durable(): boolean {
    return this.sealed.durable
  }

  ids(): string[] {
    return this.sealed.ids()
  }

  load(id: string): T | undefined {
    const known = this.opened.get(id)
    if (known) return known
    const box = this.sealed.get(id)
    if (box === undefined) return undefined
    for (const secret of this.secrets()) {
      const content = decrypt(secret, box)
      const record = content === undefined ? undefined : this.parse(JSON.parse(content))
      if (record === undefined) continue
      this.opened.set(id, record)
      // What cannot be sealed again now still opens with the old secret, so a failure is no loss.
      if (secret !== this.currentSecret()) this.save(id, record).catch(() => undefined)
      return record
    }
    return undefined
  }

  /** What is removed meanwhile stays removed. */
  async save(id: string, record: T): Promise<void> {
    const before = this.removals.get(id)
    const secret = this.currentSecret() ?? (await this.makeOwnKey())
    if (this.removals.get(id) !== before) return
    const box = encrypt(secret, JSON.stringify(record))
    await this.sealed.set(id, box)
    if (this.sealed.get(id) === box) this.opened.set(id, record)
  }

  async remove(id: string): Promise<void> {
    this.removals.set(id, (this.removals.get(id) ?? 0) + 1)
    this.opened.delete(id)
    await this.sealed.delete(id)
  }

  /** All that a record may be sealed with. Read late: Node-RED makes its own while it loads the flows. */
  private secrets(): string[] {
    const candidates = [
      readSetting(this.RED, 'credentialSecret'),
      readSetting(this.RED, '_credentialSecret'),
      this.ownKey()
    ]
    return candidates.filter((secret): secret is string => asText(secret) !== undefined)
  }

  /** The one to seal with; undefined while our own key is wanted and not made yet. */
  private currentSecret(): string | undefined {
    const chosen = readSetting(this.RED, 'credentialSecret')
    // `false` turns encryption off, and the secret that Node-RED made is going to be deleted.
    const generated = chosen === undefined ? asText(readSetting(this.RED, '_credentialSecret')) : undefined
    return asText(chosen) ?? generated ?? this.ownKey()
  }

  /** Not kept in memory: another table may have made it. */
  private ownKey(): string | undefined {
    return asText(asObject(readSetting(this.RED, OWN_KEY))?.key)
  }

  /** Only hides the records from a glance: the key lies beside them (docs/security.md). */
  private async makeOwnKey(): Promise<string> {
    const key = randomBytes(32).toString('hex')
    await new SettingsStore(this.RED, OWN_KEY, asText).set('key', key)
    return key
  }
}
