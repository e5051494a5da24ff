import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import should from 'should'
import type { Night } from '../../lib/withings/night'
import { dataFlow } from '../support/flows'
import { done, Stage } from '../support/stage'

const hour = 3600
const minute = 60_000
const SETTINGS = '.config.runtime.json'

describe('nights in a real Node-RED', function () {
  this.timeout(120_000)
  let stage: Stage

  beforeEach(async () => {
    stage = await Stage.open({ simulator: { people: ['Ada'] } })
    person().sleep.length = 0
  })
  afterEach(() => stage.close())

  const person = () => stage.simulator.people.find(({ name }) => name === 'Ada')!
  const addUnscored = () => {
    const enddate = Math.floor(stage.simulator.clock.now() / 1000) - 600
    const span = { startdate: enddate - 8 * hour, enddate }
    return stage.simulator.addNight(stage.userId(), { ...span, scored: false })
  }
  const nights = () => stage.broker.on('test/readings').map(({ payload }) => JSON.parse(payload) as Night)
  const untilNights = (count: number) =>
    stage.broker.published.until(() => nights().length >= count, `night ${count}`, 30_000)

  /** Sleep at any hour is a night here. */
  const deploy = (properties: object) => {
    const node = { id: 'sleep', type: 'withings-sleep', account: 'account', napHours: 0, ...properties }
    return stage.deploy(dataFlow(stage.broker, stage.simulator, node))
  }

  /** Lets the time of waiting pass while Node-RED is dead. */
  function waitLonger(minutes: number): void {
    const path = join(stage.nodeRed.userDir, SETTINGS)
    const settings = JSON.parse(readFileSync(path, 'utf8')) as {
      withingsUnscoredNights: Record<string, { toldAt: number }[]>
    }
    const waiting = Object.values(settings.withingsUnscoredNights).flat()
    waiting.should.have.length(1)
    for (const night of waiting) night.toldAt -= minutes * minute
    writeFileSync(path, JSON.stringify(settings))
  }

  it('are told without a score, and sent again with it by themselves, also after SIGKILL', async () => {
    const id = addUnscored()
    await deploy({ schedule: 0 })
    await stage.logIn()
    await stage.nodeRed.inject('inject', {})
    await untilNights(1)
    await stage.broker.published.until(() => stage.broker.on('test/complete').length === 1, 'the end', 20_000)
    nights()[0]!.should.match({ id: String(id), scored: false, completed: false })

    await stage.nodeRed.kill('SIGKILL')
    waitLonger(11)
    stage.later(hour * 1000)
    stage.simulator.scoreNight(stage.userId(), id, 88)
    await stage.nodeRed.start()
    await untilNights(2)
    const [, scored] = nights()
    should(scored).match({ id: String(id), scored: true, completed: true, values: { sleep_score: 88 } })
    should(scored!.readings.length).be.above(20)

    // What was sent by itself is not sent again.
    stage.later()
    should(await stage.run()).eql([done])
    nights().should.have.length(2)
  })

  it('are sent again by the next poll after SIGKILL when they got their score meanwhile', async () => {
    const id = addUnscored()
    await deploy({ schedule: 15 })
    await stage.logIn()
    await untilNights(1)
    await stage.broker.published.until(() => stage.broker.on('test/complete').length >= 1, 'the end', 20_000)
    stage.later(hour * 1000)
    stage.simulator.scoreNight(stage.userId(), id, 79)
    await stage.restart()
    await untilNights(2)
    nights()
      .map(({ scored }) => scored)
      .should.eql([false, true])
  })
})
