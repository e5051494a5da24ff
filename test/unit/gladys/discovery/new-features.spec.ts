import { CodedError } from '../../../../lib/base/errors'
import type { AnnouncedDevice } from '../../../../lib/gladys/discovery/announcer'
import { lackingFeatures } from '../../../../lib/gladys/discovery/new-features'
import { discoveredFeatureId, identifierOf } from '../../../../lib/gladys/model/external-ids'
import type { Item } from '../../../../lib/gladys/model/items'
import { parseInput } from '../../../support/parse-input'

const [userId, deviceId] = ['7', 'scale']
const identifier = identifierOf(userId, deviceId)
const feature = (type: string) => discoveredFeatureId(identifier, { type })

function items(...types: string[]): Item[] {
  const date = '2026-11-01T08:00:00Z'
  return parseInput(
    types.map(type => ({ userId, deviceId, model: 'Body+', type, value: 1, unit: null, date }))
  )
}

function announced(...types: string[]): ReadonlyMap<string, AnnouncedDevice> {
  const components = Object.fromEntries(types.map(type => [type, { type, unit: null }]))
  return new Map([[identifier, { userId, deviceId, model: 'Body+', components }]])
}
const listing =
  (...types: string[]) =>
  () =>
    Promise.resolve([{ features: new Set(types.map(feature)) }])

describe('features that an import brings and Gladys lacks', () => {
  it('are those that were never announced before, where there is no login', async () => {
    const parts = { before: announced('weight'), devices: undefined }
    const lacking = await lackingFeatures(items('weight', 'fat_ratio'), parts)
    lacking.should.eql({ [feature('fat_ratio')]: 'fat_ratio' })
  })

  it('are all of a device that was never announced', async () => {
    const lacking = await lackingFeatures(items('weight'), { before: new Map(), devices: undefined })
    lacking.should.eql({ [feature('weight')]: 'weight' })
  })

  it('are those that Gladys does not list, whatever was announced', async () => {
    const parts = { before: announced('weight', 'fat_ratio'), devices: listing('weight', 'bmi') }
    const lacking = await lackingFeatures(items('weight', 'fat_ratio', 'bmi'), parts)
    lacking.should.eql({ [feature('fat_ratio')]: 'fat_ratio' })
  })

  it('are taken from the announcements while Gladys does not answer', async () => {
    const devices = () => Promise.reject(new CodedError('GLADYS_REFUSED', 'verbatim', { text: 'away' }))
    const lacking = await lackingFeatures(items('weight', 'bmi'), { before: announced('bmi'), devices })
    lacking.should.eql({ [feature('weight')]: 'weight' })
  })

  it('hides no other failure', async () => {
    const devices = () => Promise.reject(new Error('a fault of ours'))
    await lackingFeatures(items('weight'), { before: new Map(), devices }).should.be.rejectedWith(/ours/)
  })
})
