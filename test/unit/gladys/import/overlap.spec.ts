import { covers } from '../../../../lib/gladys/import/resume-store'

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
})
