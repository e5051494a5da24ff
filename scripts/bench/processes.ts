import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

// Nothing is left behind when the main process ends, however it does.
if (process.send !== undefined) process.on('disconnect', () => process.exit())

/** Milliseconds between two looks at the delay of an event loop. */
export const RESOLUTION = 2

/** What a part of the bench says to the main process. */
export function report(message: object): void {
  process.send?.(message)
}

export interface Part<Ready> {
  /** What it said first. */
  readonly ready: Ready
  /** Asks something; gives what it says next. */
  ask<Answer>(question: object): Promise<Answer>
  stop(): Promise<void>
}

/** Runs a file beside this one in a process of its own, so that its memory and its work are not measured. */
export async function startPart<Ready>(file: string, argument: object = {}): Promise<Part<Ready>> {
  const child = fork(join(__dirname, file), [JSON.stringify(argument)], {
    execArgv: ['--require', 'tsx/cjs', '--expose-gc']
  })
  const next = async <Message>(): Promise<Message> => {
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with ${String(code)}`)
    })
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [Message]
    return message
  }
  return {
    ready: await next<Ready>(),
    ask: <Answer>(question: object) => {
      const answer = next<Answer>()
      child.send(question)
      return answer
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
  }
}

/** The argument that this process was started with. */
export function argument<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}
