// All pages of getmeas of a history as fixed answers, in a process of its own, so that only the client is measured.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asInteger } from '../../lib/base/json'
import { startSimulator } from '../../test/simulator'
import { exchange, post, redirectUri } from '../../test/simulator/raw-client'
import { argument, report } from './processes'

export interface PageServerReady {
  url: string
  pages: number
  bytes: number
}

async function main(): Promise<void> {
  const { years, pageSize } = argument<{ years: number; pageSize: number }>()
  const simulator = await startSimulator({ years, pageSize, people: ['Ada'] })
  const { userId } = simulator.people[0]!
  const { body } = await exchange(simulator, simulator.grant({ userId, redirectUri }))
  const pages = new Map<string, string>()
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const form = { action: 'getmeas', category: '1', ...(offset !== 0 && { offset: String(offset) }) }
    const page = await post(simulator, '/measure', form, body?.access_token)
    pages.set(String(offset), JSON.stringify(page))
    offset = page.body?.more ? asInteger(page.body.offset) : undefined
  }
  await simulator.close()
  const server = createServer((req, res) => {
    req.setEncoding('utf8')
    let form = ''
    req.on('data', (chunk: string) => (form += chunk))
    req.on('end', () => {
      res.setHeader('Content-Type', 'application/json')
      res.end(pages.get(new URLSearchParams(form).get('offset') ?? '0'))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bytes = [...pages.values()].reduce((sum, page) => sum + Buffer.byteLength(page), 0)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  report({ url, pages: pages.size, bytes } satisfies PageServerReady)
}

void main()
