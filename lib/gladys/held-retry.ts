import type { Clock } from '../clock'
import type { DeviceCreator } from './creation'
import type { DeviceDraft } from './device-draft'
import type { HeldStates } from './held-states'
import type { State } from './states'

export interface HeldRetryOptions {
  states: HeldStates
  creator: Pick<DeviceCreator, 'ensure'>
  clock: Clock
  /** Runs it between two messages. */
  inTurn(run: () => Promise<void>): Promise<void>
  /** Takes those that were not sent before for sending. Throws, with nothing taken, when they do not fit. */
  send(states: State[]): Promise<void>
}

const FIRST = 30_000
const LONGEST = 900_000

/**
 * Tries again to make what Gladys could not make, as long as states wait for it: less and less often, and at once
 * when it is seen to make something. Never tells of a failure: the message that it belongs to has ended with it.
 */
export class HeldRetry {
  private pause = FIRST
  private cancel: (() => void) | undefined
  private stopped = false

  constructor(private readonly options: HeldRetryOptions) {
    this.schedule()
  }

  /** Keeps states until their features, which `drafts` describe, are there. Fulfilled when they are safe. */
  async hold(states: readonly State[], drafts: readonly DeviceDraft[]): Promise<void> {
    await this.options.states.hold(states, drafts)
    this.schedule()
  }

  /** Gladys has just made something. */
  gladysMakes(): void {
    if (this.options.states.size === 0) return
    this.unschedule()
    void this.run()
  }

  /** Stops; tells how many states are lost, because they could not be kept on disk. */
  close(): number {
    this.stopped = true
    this.unschedule()
    return this.options.states.close()
  }

  private schedule(): void {
    if (this.stopped || this.options.states.size === 0) return
    this.cancel ??= this.options.clock.after(this.pause, () => {
      this.cancel = undefined
      this.pause = Math.min(this.pause * 2, LONGEST)
      void this.run()
    })
  }

  private unschedule(): void {
    this.cancel?.()
    this.cancel = undefined
  }

  private async run(): Promise<void> {
    await this.options.inTurn(() => this.retry()).catch(() => undefined)
    if (this.options.states.size === 0) this.pause = FIRST
    this.schedule()
  }

  private async retry(): Promise<void> {
    const { states, creator } = this.options
    if (this.stopped) return
    const { fates } = await creator.ensure(states.drafts)
    await states.release(fates, held => this.options.send(held))
  }
}
