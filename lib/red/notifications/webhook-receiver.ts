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
import { fileNameOf, folderIn } from '../storage/node-records'
import { type NotifyRecord, notifyRecords } from '../storage/notification-records'
import { receivers } from './webhook-routes'

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
    const folder = folderIn(RED, 'withings-notifications')
    this.file = folder && join(folder, `${fileNameOf(id)}.json`)
    const file = new JsonFile(this.file, list(asObject), detail => {
      this.volatile = detail
    })
    this.pending = new PendingDeliveries(file)
    this.takeOver(`${this.file}l`)
    const { record, pending } = this
    this.receiver = new Receiver({ record, pending, clock: systemClock, save: () => this.save() })
    receivers.set(this.record.secret, this.receiver)
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
    receivers.delete(this.record.secret)
    this.pending.close()
    if (this.file !== undefined) rmSync(this.file, { force: true })
  }

  /** What version 0.1 kept, each delivery in a line until it was worked off. */
  private takeOver(before: string): void {
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

/**
 * Deliveries that were not sent yet, and bed events, of which it may not have been noted. `+<n>` marks that n more had
 * been sent; half a line at the end was never answered.
 */
function formsOf(lines: readonly string[]): JsonObject[] {
  const isMark = (line: string): boolean => line.startsWith('+')
  const sent = lines.filter(isMark).reduce((sum, mark) => sum + Number(mark), 0)
  const forms = lines.filter(line => !isMark(line)).map(line => asObject(parseJson(line)) ?? {})
  return forms.filter(({ appli }, index) => index >= sent || isBedCategory(asInteger(appli) ?? NaN))
}
