import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inEnglish } from '../../../../lib/base/errors'
import { JsonFile } from '../../../../lib/base/json-file'
import { translateText } from '../../../../lib/base/translate'
import { parsePresence, Presence } from '../../../../lib/gladys/http/presence'
import { FakeClock } from '../../../support/fake-clock'

const refused = Object.assign(new Error('secret.example'), { code: 'ECONNREFUSED' })
const reset = Object.assign(new Error('secret.example'), { code: 'ECONNRESET' })

describe('whether Gladys is there', () => {
  let clock: FakeClock
  let directory: string
  let presence: Presence
  /** What it answers: a status at once, an error at once, or nothing within four seconds. */
  let gladys: number | Error | 'silent'
  let asked: number[]
  let events: string[]

  function start(root = 'http://gladys.local'): void {
    const fail = (reason: string): never => {
      throw new Error(reason)
    }
    presence = new Presence({
      root,
      clock,
      file: new JsonFile(join(directory, 'gladys.json'), parsePresence, fail),
      ping: async () => {
        asked.push(clock.now())
        const answer = gladys
        if (answer === 'silent') {
          await clock.sleep(4_000)
          throw Object.assign(new Error('late'), { code: 'ERR_CANCELED' })
        }
        if (typeof answer === 'number') return answer
        throw answer
      },
      onAway: reason => events.push(`away ${translateText(reason, inEnglish)}`),
      onBack: () => events.push('back'),
      onAnswer: at => events.push(`there ${at - asked[0]!}`),
      onNever: reason => events.push(`never ${translateText(reason, inEnglish)}`)
    })
    presence.start()
  }
  const take = (): string[] => events.splice(0)
  /** It has answered before. */
  async function known(): Promise<void> {
    presence.used()
    await clock.advance(120_000)
    events.splice(0)
    asked.splice(0)
  }

  beforeEach(() => {
    clock = new FakeClock()
    directory = mkdtempSync(join(tmpdir(), 'gladys-presence-'))
    gladys = 200
    asked = []
    events = []
    start()
  })
  afterEach(() => {
    presence.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('is asked every three seconds while values go out, for a minute after, and not at all when nothing does', async () => {
    await clock.advance(60_000)
    asked.should.eql([])
    for (let second = 0; second < 10; second++) {
      presence.used()
      await clock.advance(1_000)
    }
    asked.map(at => at - asked[0]!).should.eql([0, 3_000, 6_000, 9_000])
    take().should.eql(['there 0', 'there 3000', 'there 6000', 'there 9000'])
    await clock.advance(3_600_000)
    asked.length.should.be.within(20, 25)
    clock.asleep.should.equal(0)
  })

  for (const status of [200, 204, 302, 401, 404, 429, 500])
    it(`is there when it answers ${status}`, async () => {
      await known()
      gladys = status
      presence.used()
      await clock.advance(10_000)
      presence.isAway.should.be.false()
      take()[0]!.should.equal('there 0')
    })

  for (const [answer, reason] of [
    [refused, 'ECONNREFUSED'],
    [502, 'HTTP 502'],
    [503, 'HTTP 503'],
    [504, 'HTTP 504']
  ] as const)
    it(`is away at once with ${reason}, asked on until it is back, and back when it goes on answering`, async () => {
      await known()
      gladys = answer
      presence.used()
      await clock.advance(0)
      take().should.eql([`away ${reason}`])
      await clock.advance(3_600_000)
      asked.length.should.equal(1_201)
      take().should.eql([])
      gladys = 200
      await clock.advance(3_000)
      gladys = refused
      await clock.advance(3_000)
      gladys = 200
      take().should.eql([])
      await clock.advance(6_000)
      take().should.eql(['back'])
      presence.isAway.should.be.false()
    })

  for (const [answer, reason] of [
    ['silent', 'no answer in time'],
    [reset, 'ECONNRESET']
  ] as const)
    it(`is away with two times "${reason}" in a row`, async () => {
      await known()
      gladys = answer
      presence.used()
      await clock.advance(2_900)
      gladys = 200
      await clock.advance(5_000)
      take()
        .filter(event => event.startsWith('away'))
        .should.eql([])
      gladys = answer
      await clock.advance(13_000)
      take()
        .filter(event => event.startsWith('away'))
        .should.eql([`away ${reason}`])
    })

  it('asks a second time about a silence after which nothing goes out', async () => {
    await known()
    presence.used()
    await clock.advance(55_000)
    gladys = 'silent'
    await clock.advance(20_000)
    presence.isAway.should.be.true()
  })

  it('is reported once when it never answered, and then is not away', async () => {
    gladys = refused
    for (let round = 0; round < 5; round++) {
      presence.used()
      await clock.advance(30_000)
    }
    take().should.eql(['never ECONNREFUSED'])
    presence.isAway.should.be.false()
    gladys = 200
    await clock.advance(3_000)
    gladys = refused
    await clock.advance(3_000)
    take().at(-1)!.should.equal('away ECONNREFUSED')
  })

  it('is remembered over restarts, away or not', async () => {
    await known()
    presence.close()
    start()
    presence.isAway.should.be.false()
    gladys = refused
    presence.used()
    await clock.advance(0)
    take().should.eql(['away ECONNREFUSED'])
    presence.close()
    start()
    presence.isAway.should.be.true()
    gladys = 200
    await clock.advance(6_000)
    take().should.eql(['back'])
  })

  it('is unknown at another address', async () => {
    await known()
    presence.close()
    gladys = refused
    start('http://other.local')
    presence.used()
    await clock.advance(60_000)
    take().should.eql(['never ECONNREFUSED'])
  })

  it('is asked nothing any more when closed', async () => {
    await known()
    gladys = 'silent'
    presence.used()
    await clock.advance(1_000)
    presence.close()
    await clock.advance(60_000)
    take().should.eql([])
    asked.length.should.equal(1)
  })
})
