import type { Request } from 'express'
import should from 'should'
import { readForm } from '../../../../lib/red/notifications/webhook-routes'

describe('a notification that the admin API of Node-RED has read', () => {
  const read = (body: unknown, headers: Record<string, string> = {}) =>
    readForm({ readableEnded: true, body, headers, resume: () => undefined } as unknown as Request)

  it('is reduced to the known fields, each a number or a short text', async () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown
    const form = { appli: 1, userid: '12', action: 'x'.repeat(101), date: ['1'], deviceid: deep, other: 'x' }
    ;(await read(form))!.should.eql({ appli: 1, userid: '12' })
    for (const body of [undefined, null, 'text', [1], deep]) (await read(body))!.should.eql({})
  })

  it('is refused when it was too large', async () => {
    should(await read({ appli: 1 }, { 'content-length': '16385' })).be.undefined()
    ;(await read({ appli: 1 }, { 'content-length': '16384' }))!.should.eql({ appli: 1 })
  })
})
