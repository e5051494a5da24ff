import type { Night } from '../../lib/withings/sleep/night'
import { dataFlow } from '../support/flows'
import { Stage } from '../support/stage'

const hour = 3600

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
