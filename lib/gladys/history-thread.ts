// Runs in a thread of its own, which HistoryReader starts: decodes pages, and leaves the calls to the main thread.
import { parentPort, type MessagePort } from 'node:worker_threads'
import { asCodedError } from '../errors'
import type { ApiRequest } from '../withings/client'
import { readHistoryPage, type PageOrder } from './history-page'
import type { Told } from './history-reader'

async function serve(order: PageOrder, port: MessagePort): Promise<void> {
  const tell = (told: Told, moved: ArrayBuffer[] = []) => port.postMessage(told, moved)
  // A page asks one thing after the other. When the answer is a failure nobody wants the page any more, and no message comes.
  const callUnread = (request: ApiRequest): Promise<Uint8Array> =>
    new Promise(resolve => {
      port.once('message', resolve)
      tell({ kind: 'call', request })
    })
  try {
    const page = await readHistoryPage(order, callUnread)
    tell({ kind: 'page', page }, [page.states.cells.buffer])
  } catch (error) {
    const { code, message, details } = asCodedError(error, 'BAD_ANSWER')
    tell({ kind: 'failed', code, message, details })
  }
}

parentPort?.on(
  'message',
  ({ order, port }: { order: PageOrder; port: MessagePort }) => void serve(order, port)
)
