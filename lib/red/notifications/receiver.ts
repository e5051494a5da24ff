import type { NodeAPI } from 'node-red'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../base/clock'
import { asInteger, asObject, type JsonObject, parseJson } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { list } from '../../base/shape'
import { isBedCategory } from '../../withings/notifications/bed-events'
import { PendingDeliveries } from '../../withings/notifications/pending-deliveries'
import { Receiver } from '../../withings/notifications/receiver'
import { type NotifyRecord, notifyRecords } from '../storage/notification-records'
import { addReceiver, removeReceiver } from './routes'

/** What a withings-notification node is between two deploys as well. */
export class WebhookReceiver {
  readonly record: NotifyRecord
  readonly receiver: Receiver
  /** Why what arrives while the node is restarted is not kept on disk. */
  volatile: string | undefined
  private readonly pending: PendingDeliveries
  private readonly file: string | undefined
  /** A write that has not begun yet. */
  private saving: Promise<void> | undefined
  /** The last one that has. */
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly RED: NodeAPI,
    private readonly id: string,
    account: string
  ) {
    this.record = notifyRecords(RED).get(id) ?? freshRecord(account)
    this.file = fileOf(RED, id)
    const file = new JsonFile(this.file && `${this.file}.json`, list(asObject), detail => {
      this.volatile = detail
    })
    this.pending = new PendingDeliveries(file)
    this.takeOver()
    const { record, pending } = this
    this.receiver = new Receiver({ record, pending, clock: systemClock, save: () => this.save() })
    addReceiver(this.record.secret, this.receiver)
  }

  /** Resolves when the record as it is now is written; what cannot be written is tried with the next change. */
  save(): Promise<void> {
    this.saving ??= this.writing.then(() => {
      this.saving = undefined
      this.writing = notifyRecords(this.RED)
        .set(this.id, this.record)
        .catch(() => undefined)
      return this.writing
    })
    return this.saving
  }

  /** The node is gone. */
  remove(): void {
    removeReceiver(this.record.secret)
    this.pending.close()
    if (this.file !== undefined) rmSync(`${this.file}.json`, { force: true })
  }

  /** What the version before kept, each delivery in a line until it was worked off. */
  private takeOver(): void {
    const before = `${this.file}.jsonl`
    try {
      this.pending.add(...formsOf(readFileSync(before, 'utf8').split('\n').slice(0, -1)))
      rmSync(before)
    } catch {
      // There is none.
    }
  }
}

function freshRecord(account: string): NotifyRecord {
  const secret = randomBytes(24).toString('base64url')
  return { account, secret, url: '', former: [], known: [], heardUntil: 0, beds: [] }
}

/** Without its extension. */
function fileOf(RED: NodeAPI, id: string): string | undefined {
  const { userDir } = RED.settings as { userDir?: unknown }
  if (typeof userDir !== 'string' || userDir === '') return undefined
  return join(userDir, 'withings-notifications', id.replace(/[^\w-]/g, '_'))
}

/**
 * Deliveries that were not told yet, and bed events, of which it may not have been noted. `+<n>` marks that n more had
 * been told; half a line at the end was never answered.
 */
function formsOf(lines: readonly string[]): JsonObject[] {
  const isMark = (line: string): boolean => line.startsWith('+')
  const told = lines.filter(isMark).reduce((sum, mark) => sum + Number(mark), 0)
  const forms = lines.filter(line => !isMark(line)).map(line => asObject(parseJson(line)) ?? {})
  return forms.filter(({ appli }, index) => index >= told || isBedCategory(asInteger(appli) ?? NaN))
}
