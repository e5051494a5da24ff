import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonFile } from '../../../../lib/base/json-file'
import { Announcer } from '../../../../lib/gladys/discovery/announcer'
import type { CreationResult, DeviceCreator } from '../../../../lib/gladys/http/device-creation'
import type { DeviceDraft } from '../../../../lib/gladys/http/device-draft'
import { SentLedger } from '../../../../lib/gladys/ledger/sent-ledger'
import { identifierOf } from '../../../../lib/gladys/model/external-ids'
import { FeatureUnits } from '../../../../lib/gladys/model/feature-units'
import { parseCounters } from '../../../../lib/gladys/model/manual-days'
import type { Publication } from '../../../../lib/gladys/model/states'
import { Outbox } from '../../../../lib/gladys/outbox/outbox'
import { Sender, type SendRequest } from '../../../../lib/gladys/sender'
import { clockOf } from '../../../support/fake-clock'
import { parseInput } from '../../../support/parse-input'

const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => undefined }
const start = Date.UTC(2026, 10, 22, 12)

describe('the units of features in Gladys', () => {
  let directory: string
  let sender: Sender
  let sent: Publication[]
  let minutes: number
  const clock = clockOf(() => start)

  /** As after a start of Node-RED. */
  function open(creator?: DeviceCreator): void {
    sender?.close()
    const onVolatile = (reason: string): void => {
      throw new Error(reason)
    }
    sender = new Sender({
      counters: new JsonFile(undefined, parseCounters, () => undefined),
      ledger: new SentLedger({ directory, onVolatile, clock }),
      announcer: new Announcer(join(directory, 'announced.json'), onVolatile),
      ...{ creator, pending: undefined, clock },
      units: new FeatureUnits(join(directory, 'units.json'), onVolatile),
      outbox: hooks =>
        new Outbox({
          ...hooks,
          ...{ directory: join(directory, 'outbox'), onVolatile, clock, rate: 10_000, capacity: 100 },
          onLost: count => onVolatile(`${count} lost`),
          drained: () => undefined,
          publish: publication => {
            sent.push(publication)
            return Promise.resolve()
          }
        })
    })
    sender.outbox.brokerConnected()
  }
  const reading = (type: string, value: number, unit: string | null): object => ({
    ...{ type, value, unit, userId: '12', deviceId: 'abc', model: 'Body+' },
    date: start / 1000 - (minutes -= 1) * 60
  })
  const send = (create: SendRequest['create'], ...readings: object[]) =>
    sender.send(parseInput(readings), { create, liveMinutes: 15, naming })
  const values = () =>
    sent
      .filter(({ topic }) => topic.endsWith('/historical'))
      .map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
  const announced = () => sent.filter(({ topic }) => topic.endsWith('/config')).map(({ payload }) => payload)

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-units-'))
    sent = []
    minutes = 10_000
    open()
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const create of ['none', 'discovery'] as const)
    describe(`with ${create}`, () => {
      it('stay those of the first reading, also after a restart', async () => {
        await send(create, reading('weight', 90, 'kg'), reading('weight', 198.416, 'lb'))
        open()
        await send(create, reading('weight', 198.1955, 'lb'), reading('weight', 91, 'kg'))
        values().should.eql([90, 90, 89.9, 91])
      })

      it('may be imperial', async () => {
        await send(create, reading('weight', 198.416, 'lb'))
        open()
        await send(create, reading('weight', 90, 'kg'))
        values().should.eql([198.416, 198.416])
      })
    })

  for (const [type, value, unit, other, in_other] of [
    ['weight', 82.05, 'kg', 'lb', 180.8893],
    ['height', 1.78, 'm', 'ft', 5.8399],
    ['distance', 5012, 'm', 'mi', 3.1143],
    ['workout_elevation', 12.3, 'm', 'ft', 40.3543],
    ['pulse_wave_velocity', 7.2, 'm/s', 'ft/s', 23.622],
    ['body_temperature', 36.6, '°C', '°F', 97.88]
  ] as const)
    it(`convert ${type} both ways`, async () => {
      await send('none', reading(type, value, unit), reading(type, in_other, other))
      values().should.eql([value, value])
      const elsewhere = { deviceId: 'other' }
      sent = []
      await send(
        'none',
        { ...reading(type, in_other, other), ...elsewhere },
        { ...reading(type, value, unit), ...elsewhere }
      )
      values().should.eql([in_other, in_other])
    })

  it('are announced once', async () => {
    await send('discovery', reading('weight', 90, 'kg'))
    await send('discovery', reading('weight', 198.416, 'lb'))
    announced().length.should.equal(1)
    announced()[0]!.should.match(/Weight \(kg\)/)
  })

  it('are forgotten with the device', async () => {
    await send('discovery', reading('weight', 90, 'kg'))
    await sender.forget(identifierOf('12', 'abc'))
    await send('discovery', reading('weight', 198.416, 'lb'))
    values().should.eql([90, 198.416])
    announced()
      .at(-1)!
      .should.match(/Weight \(lb\)/)
  })

  it('are forgotten with a feature that was deleted in Gladys', async () => {
    let result: 'there' | 'deleted' = 'there'
    const create = (drafts: readonly DeviceDraft[]): Promise<CreationResult> => {
      const results = drafts.flatMap(({ features }) =>
        features.map(({ external_id: id }) => [id, result] as const)
      )
      return Promise.resolve({ created: [], features: new Map(results), problem: undefined })
    }
    open({ create } as unknown as DeviceCreator)
    await send('http', reading('weight', 90, 'kg'))
    result = 'deleted'
    await send('http', reading('weight', 198.416, 'lb'))
    result = 'there'
    await send('http', reading('weight', 198.416, 'lb'))
    values().should.eql([90, 198.416])
  })

  it('leave alone what has no counterpart', async () => {
    await send('none', reading('fat_ratio', 20, '%'), reading('fat_ratio', 0.2, null))
    values().should.eql([20, 0.2])
    await send('none', reading('weight', 80, 'kg'), reading('weight', 26.5, '°C'))
    values().should.eql([20, 0.2, 80, 26.5])
  })
})
