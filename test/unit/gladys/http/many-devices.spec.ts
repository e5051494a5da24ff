import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpSend } from '../../../../lib/base/http'
import { GladysApi } from '../../../../lib/gladys/http/api'
import { CreatedStore } from '../../../../lib/gladys/http/created-store'
import { DeviceCreator } from '../../../../lib/gladys/http/device-creation'
import type { DeviceDraft } from '../../../../lib/gladys/http/device-draft'
import { clockOf } from '../../../support/fake-clock'

describe('a Gladys with thousands of devices', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'gladys-many-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  // With the square of the devices it took minutes.
  it('is known at once, and still after a restart', async () => {
    const drafts: DeviceDraft[] = Array.from({ length: 8_000 }, (_, device) => ({
      ...{ externalId: `mqtt:${device}`, name: 'D', sharedName: 'D', model: null },
      features: Array.from({ length: 10 }, (_, feature) => ({
        ...{ external_id: `mqtt:${device}:${feature}`, name: 'F', category: 'unknown', type: 'unknown' },
        ...{ min: 0, max: 1, read_only: true, has_feedback: false, keep_history: true }
      }))
    }))
    let devices: object[] = drafts.map(({ externalId, ...device }) => ({
      ...device,
      external_id: externalId
    }))
    const send: HttpSend = ({ url }) => {
      const answers: [RegExp, unknown][] = [
        [/login$/, { access_token: 'a', refresh_token: 'b' }],
        [/mqtt$/, { id: 'service' }],
        [/device$/, devices]
      ]
      const [, answer] = answers.find(([pattern]) => pattern.test(url)) ?? []
      return Promise.resolve({ httpStatus: 200, text: JSON.stringify(answer) })
    }
    const creator = (): DeviceCreator => {
      const clock = clockOf(() => 0)
      const fail = (reason: string): never => {
        throw new Error(reason)
      }
      const login = { email: 'a', password: 'b' }
      const store = { load: () => undefined, save: () => Promise.resolve() }
      const { signal } = new AbortController()
      const api = new GladysApi({ root: 'http://127.0.0.1', login, store, send, clock, signal })
      return new DeviceCreator({ api, clock, store: new CreatedStore(join(directory, 'created.json'), fail) })
    }
    const first = await creator().create(drafts)
    first.should.match({ created: { length: 0 }, problem: undefined })
    ;[...first.features.values()].every(fate => fate === 'there').should.be.true()
    devices = []
    const { features } = await creator().create(drafts)
    ;[...features.values()].filter(result => result === 'deleted').length.should.equal(80_000)
  })
})
