import { covers, withoutExcepted } from '../../../../lib/gladys/import/record'
import { type Addressing, addressOfSource } from '../../../../lib/gladys/model/external-ids'
import { statesOf } from '../../../../lib/gladys/model/states'
import { parseInput } from '../../../support/parse-input'

const scope = (deviceId: string | null, from: string | null = null, except: string[] = []) => ({
  ...{ deviceId, from, except }
})
const [EARLY, LATE] = ['2020-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']

describe('imports of one person that overlap', () => {
  it('knows which one sends all that another asks for', () => {
    covers(scope(null), scope('scale')).should.be.true()
    covers(scope('scale'), scope('scale')).should.be.true()
    covers(scope('scale'), scope(null)).should.be.false()
    covers(scope('scale'), scope('watch')).should.be.false()
    covers(scope(null, null, ['scale']), scope('scale')).should.be.false()
  })

  it('compares the dates from which they begin', () => {
    covers(scope(null, EARLY), scope('scale', LATE)).should.be.true()
    covers(scope(null), scope('scale', LATE)).should.be.true()
    covers(scope(null, LATE), scope('scale', EARLY)).should.be.false()
    covers(scope(null, LATE), scope('scale')).should.be.false()
  })

  for (const addressing of ['discovery', 'own'] satisfies Addressing[])
    it(`leaves out of a page what other imports send (${addressing})`, () => {
      const devices = ['scale', 'scale2', null]
      const introduced = parseInput(
        devices.map(deviceId => ({
          ...{ userId: '7', deviceId, model: null, type: 'weight', value: 1, unit: 'kg' },
          date: '2026-11-01T08:00:00Z'
        }))
      ).filter(item => item.kind === 'reading')
      const { states } = statesOf(introduced, { addressing, liveMinutes: 0, now: () => 0 })
      const page = { states, introduced, unreadable: 0, rows: 3, isLast: true }
      const kept = withoutExcepted(page, { userId: '7', except: ['scale', 'manual'] }, addressing)
      const address = addressOfSource({ userId: '7', deviceId: 'scale2', type: 'weight' }, addressing)
      kept.states.map(({ feature }) => feature).should.eql([address.feature])
      kept.introduced.should.match([{ deviceId: 'scale2' }])
      withoutExcepted(page, { userId: '7', except: [] }, addressing).should.equal(page)
    })
})
