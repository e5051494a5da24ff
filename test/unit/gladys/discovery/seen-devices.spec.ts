import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeenDevices } from '../../../../lib/gladys/discovery/seen-devices'
import { identifierOf } from '../../../../lib/gladys/model/external-ids'
import type { Item } from '../../../../lib/gladys/model/items'
import { parseInput } from '../../../support/parse-input'

const reading = (deviceId: string | null, model: string | null = 'WS-30') => ({
  ...{ userId: '7', deviceId, model, type: 'weight', value: 1, unit: 'kg', date: '2026-11-01T08:00:00Z' }
})

describe('devices that something was sent of', () => {
  let directory: string
  let volatile: string[]
  const file = () => join(directory, 'devices.json')
  const open = () => new SeenDevices(file(), reason => volatile.push(reason))
  const items = (...payload: object[]): Item[] => parseInput(payload)

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'seen-'))
    volatile = []
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('are known after a restart, each by the best of its names', () => {
    const given = items(reading('a', 'Withings 5'), reading('a', 'Body+'), reading('a', null), reading(null))
    ;[...open().noting(given)].should.eql(given)
    const known = [...open()].map(([identifier, { deviceId, model }]) => [identifier, deviceId, model])
    known.should.eql([
      [identifierOf('7', 'a'), 'a', 'Body+'],
      [identifierOf('7', null), null, 'WS-30']
    ])
    volatile.should.eql([])
  })

  it('are written down once', () => {
    const seen = open()
    seen.note(items(reading('a')))
    const { ino } = statSync(file())
    seen.note(items(reading('a'), reading('a', null)))
    statSync(file()).ino.should.equal(ino)
  })

  it('stay forgotten over a restart, until something comes of them again', () => {
    const seen = open()
    seen.note(items(reading('a'), reading('b')))
    const [a, b] = [identifierOf('7', 'a'), identifierOf('7', 'b')]
    seen.forget(a, { userId: '7', deviceId: 'a' })
    const again = open()
    again.isForgotten(a).should.be.true()
    again.isForgotten(b).should.be.false()
    again.note(items(reading('a', null)))
    open().isForgotten(a).should.be.false()
    open().get(a)!.model!.should.equal('WS-30')
  })
})
