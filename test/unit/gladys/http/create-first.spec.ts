import { axiosSend, type HttpSend } from '../../../../lib/base/http'
import type { GladysDevice } from '../../../../lib/gladys/http/api'
import { refused } from '../../../../lib/gladys/http/client'
import { CreatedStore } from '../../../../lib/gladys/http/created-store'
import { DeviceCreator } from '../../../../lib/gladys/http/device-creation'
import { draftsOf } from '../../../../lib/gladys/http/device-draft'
import { LOGIN } from '../../../support/device-state-flow'
import { GladysApiBench } from '../../../support/gladys-api-bench'
import { reading, Sending, stateOf } from '../../../support/gladys-sending'
import { parseInput } from '../../../support/parse-input'

/** A Gladys that takes its time to save a device. */
class SlowGladys {
  readonly root = 'http://slow'
  readonly saving: (() => void)[] = []
  readonly devicesSaved: { external_id: string; features: { external_id: string }[] }[] = []
  refuses = false

  mqttServiceId = (): Promise<string> => Promise.resolve('service')

  devices = (): Promise<GladysDevice[]> =>
    Promise.resolve(
      this.devicesSaved.map(raw => ({
        externalId: raw.external_id,
        name: '',
        features: new Set(raw.features.map(({ external_id }) => external_id)),
        raw: raw as never
      }))
    )

  saveDevice = async (body: object): Promise<void> => {
    await new Promise<void>(resolve => this.saving.push(resolve))
    if (this.refuses) throw refused('gladysBusy')
    this.devicesSaved.push(body as (typeof this.devicesSaved)[number])
  }
}

describe('create first, then stream', () => {
  let slow: SlowGladys
  let gladys: Sending
  const turns = (): Promise<void> => gladys.clock.step(0)
  const second = { deviceId: 'def' }

  beforeEach(() => {
    slow = new SlowGladys()
    gladys = new Sending(slow)
    gladys.outbox.brokerConnected()
  })
  afterEach(() => gladys.dispose())

  for (const refuses of [false, true])
    it(`holds everything until the last device was ${refuses ? 'refused' : 'saved'}, an import and other devices too`, async () => {
      slow.refuses = refuses
      const sent = gladys.send([reading(80, 30), reading(81, 31, second)], 'http')
      sent.catch(() => undefined)
      await turns()
      const imported = gladys.import(stateOf(60, 500))
      const other = gladys.send(reading(70, 40, { deviceId: 'ghi' }), 'none')
      await turns()
      slow.saving.length.should.equal(1)
      slow.saving[0]!()
      await turns()
      slow.saving.length.should.equal(2)
      gladys.take().should.eql([])
      slow.saving[1]!()
      await Promise.all([imported, other])
      gladys.take().should.eql(refuses ? ['-500 60', '-40 70'] : ['-500 60', '-31 81', '-30 80', '-40 70'])
    })

  it('holds while an import has its devices made', async () => {
    const naming = { wording: (_key: string, fallback: string) => fallback, personOf: () => undefined }
    const introduced = gladys.sender.announceOrCreate(parseInput(reading(80, 30)), {
      ...{ create: 'http', liveMinutes: 15, naming }
    })
    await turns()
    const other = gladys.send(reading(70, 40, second), 'none')
    await turns()
    gladys.take().should.eql([])
    slow.saving[0]!()
    await Promise.all([introduced, other])
    gladys.take().should.eql(['-40 70'])
  })

  it('holds nothing where nothing has to be made', async () => {
    const first = gladys.send(reading(80, 30), 'http')
    await turns()
    slow.saving[0]!()
    await first
    await gladys.send(reading(81, 29), 'http').should.finally.match({ historical: 1 })
  })
})

describe('a Gladys whose database is busy', () => {
  let household: GladysApiBench
  /** So many answers are 500, of calls with a token. */
  let busy: number

  const send: HttpSend = async (request, signal) => {
    if (busy > 0 && request.headers.authorization !== undefined) {
      busy -= 1
      return { httpStatus: 500, text: '{"code":"SERVER_ERROR"}' }
    }
    return axiosSend(undefined)(request, signal)
  }
  async function make(): Promise<unknown> {
    const api = household.api(LOGIN, household.gladys.url, send)
    const clock = { now: () => household.time }
    const creator = new DeviceCreator({ api, clock, store: new CreatedStore(undefined, () => undefined) })
    const naming = { wording: (_key: string, fallback: string) => fallback, personOf: () => undefined }
    const drafts = draftsOf(parseInput(reading(80, 1)), naming, () => true)
    return (await creator.create(drafts)).problem
  }

  beforeEach(async () => (household = await GladysApiBench.start()))
  afterEach(() => household.close())

  for (const times of [1, 2])
    it(`is asked again within seconds when it says 500 ${times} times, and nobody hears of it`, async () => {
      busy = times
      ;((await make()) === undefined).should.be.true()
      household.pauses.should.eql([1_000, 3_000].slice(0, times))
      household.gladys.devices().length.should.equal(1)
    })

  it('is reported the third time', async () => {
    busy = 1_000
    await make().should.finally.match({ code: 'GLADYS_REFUSED', message: /HTTP 500/ })
    household.gladys.devices().should.eql([])
  })
})
