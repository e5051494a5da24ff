import type { Node } from 'node-red'

/** Collects what comes in, and gives it out as soon as there is enough. */
export class Inbox<Message> {
  readonly messages: Message[] = []
  private wake: () => void = () => undefined

  constructor(node: Node) {
    node.on('input', (message: unknown) => {
      this.messages.push(message as Message)
      this.wake()
    })
  }
  async take(count: number): Promise<Message[]> {
    while (this.messages.length < count) await new Promise<void>(resolve => (this.wake = resolve))
    return this.messages.slice(0, count)
  }
}
