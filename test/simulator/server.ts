import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { AccountPage, authorizePath, decisionPath } from './account-page'
import { answerDataRequest } from './data-endpoint'
import { mutate } from './mutations'
import { envelopeReply, htmlReply, type Reply } from './replies'
import { answerTokenRequest, isTokenPath } from './token-endpoint'
import type { RequestLogEntry } from './types'
import type { ApiRequest, World } from './world'

const gatewayPage =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

/** No answer: the socket stays open, or goes. */
type Silence = 'hang' | 'reset'

export async function listen(world: World, requests: RequestLogEntry[], port: number): Promise<Server> {
  const page = new AccountPage(world)
  const server = createServer((incoming, response) => {
    handle(world, page, requests, incoming, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`The simulator failed: ${String(error)}`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return server
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function handle(
  world: World,
  page: AccountPage,
  requests: RequestLogEntry[],
  incoming: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const request = await read(world, incoming)
  const { method, path, action, params, userId } = request
  const entry: RequestLogEntry = {
    at: world.clock.now(),
    method,
    path,
    action,
    params,
    userId,
    answerStatus: null
  }
  requests.push(entry)
  const reply = await answer(world, page, request, incoming)
  if (reply === 'hang') {
    return
  }
  if (reply === 'reset') {
    incoming.socket.destroy()
    return
  }
  entry.answerStatus = reply.status
  response
    .writeHead(reply.httpStatus, {
      'content-type': reply.contentType,
      ...(reply.location === undefined ? {} : { location: reply.location })
    })
    .end(reply.text)
}

async function answer(
  world: World,
  page: AccountPage,
  request: ApiRequest & { form: URLSearchParams },
  incoming: IncomingMessage
): Promise<Reply | Silence> {
  const { faults } = world
  await faults.take('before', request)?.before(request)
  const slow = faults.take('slow', request)
  if (slow !== undefined) {
    await wait(slow.ms)
  }
  if (incoming.socket.destroyed) {
    return 'reset'
  }
  const broken = gatewayFault(world, request)
  if (broken !== null) {
    return broken
  }
  const reply = await route(world, page, request)
  const after = faults.take('reset', request, fault => fault.when === 'after')
  if (after !== undefined) {
    return 'reset'
  }
  return faults.take('truncated', request) === undefined
    ? reply
    : { ...reply, text: reply.text.slice(0, Math.floor(reply.text.length / 2)) }
}

function gatewayFault({ faults }: World, request: ApiRequest): Reply | Silence | null {
  if (faults.take('hang', request) !== undefined) {
    return 'hang'
  }
  if (faults.take('reset', request, fault => fault.when !== 'after') !== undefined) {
    return 'reset'
  }
  if (faults.take('html', request) !== undefined) {
    return htmlReply(502, gatewayPage)
  }
  if (faults.take('html-200', request) !== undefined) {
    return htmlReply(200, gatewayPage)
  }
  const http = faults.take('http', request)
  return http === undefined ? null : htmlReply(http.code, `<html><body>HTTP ${http.code}</body></html>`)
}

async function route(
  world: World,
  page: AccountPage,
  request: ApiRequest & { form: URLSearchParams }
): Promise<Reply> {
  if (request.path === authorizePath && request.method === 'GET') {
    return page.open(request.query)
  }
  if (request.path === decisionPath && request.method === 'POST') {
    return page.decide(request.form)
  }
  const envelope = isTokenPath(request.path)
    ? answerTokenRequest(world, request)
    : await answerDataRequest(world, request)
  return envelopeReply(mutate(world.faults, request, envelope))
}

async function read(
  world: World,
  incoming: IncomingMessage
): Promise<ApiRequest & { form: URLSearchParams }> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer)
  }
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(incoming.headers['content-type'] ?? '')
  const form = new URLSearchParams(isForm ? Buffer.concat(chunks).toString('utf8') : '')
  const params = Object.fromEntries(isForm ? form : url.searchParams)
  const bearer = /^Bearer (\S+)$/.exec(incoming.headers.authorization ?? '')?.[1] ?? null
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    action: params.action ?? '',
    query: url.searchParams,
    form,
    params,
    isCleanForm: isForm && url.search === '' && new Set(form.keys()).size === [...form.keys()].length,
    bearer,
    userId: bearer === null ? null : world.grants.owner(bearer)
  }
}
