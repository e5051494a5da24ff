import should from 'should'
import type { Goals } from '../../lib/withings/activity/activity'
import type { Day } from '../../lib/withings/activity/days'
import type { Intraday } from '../../lib/withings/activity/intraday'
import type { Workout } from '../../lib/withings/activity/workouts'
import type { Reading } from '../../lib/withings/readings/reading'
import type { ConsentOptions, Person } from '../simulator'
import { dayIn } from '../simulator/zones'
import { type Bench, type Message, useBench } from '../support/withings-bench'

const day = 86_400
const secondsNow = () => Math.floor(Date.now() / 1000)

describe('withings-activity', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  const person = (name: string) => bench.simulator.people.find(each => each.name === name) as Person
  async function start(properties: object = {}, login: ConsentOptions = {}): Promise<void> {
    await bench.load({ type: 'withings-activity', ...properties })
    ;(await bench.logIn(login)).status.should.equal(200)
  }
  /** Sends a message and waits for the end of its run. */
  async function run(message: object = {}): Promise<void> {
    const before = bench.completed.items.length
    bench.send(message)
    await bench.completed.count(before + 1, 'the end of the run')
    bench.caught.items.should.eql([])
  }
  const payloads = <T>(): T[] => bench.out.items.map(({ payload }) => payload as T)

  it('sends each day of a dropped node, oldest first, with topic and parts, and what others counted', async () => {
    await start()
    await run({ mine: 1 })
    const days = payloads<Day>()
    const dates = days.map(({ day: date }) => date)
    dates.should.eql([...dates].sort())
    days.length.should.be.above(30)
    const [{ isToday, day: today } = days[0]!] = days.slice(-1)
    isToday.should.be.true()
    today.should.equal(dayIn('Europe/Paris', secondsNow()))
    days.filter(each => each.isToday).should.have.length(1)
    const { topic, parts, mine } = bench.out.items[0]! as Message & { topic: string; parts: object }
    topic.should.equal(`withings/${bench.ada.userId}/manual/day`)
    parts.should.match({ index: 0, count: days.length })
    should(mine).equal(1)
    days.filter(({ brand }) => brand === 'external').should.have.length(2)
    days.some(({ values }) => 'heart_rate_average' in values).should.be.false()
    await bench.shows('status.daily')
  })

  it('leaves out what others counted where it is told to, and says how many', async () => {
    await start({ external: 'exclude', mode: 'all', output: 'batch' })
    await run()
    const [days = []] = payloads<Day[]>()
    days.length.should.be.above(20)
    days.every(({ brand }) => brand === 'withings').should.be.true()
    await bench.shows('status.dailyHeldBack')
  })

  it('sends a day again when it changes, and nothing else', async () => {
    await start({ output: 'batch' })
    await run()
    const today = dayIn('Europe/Paris', secondsNow())
    bench.simulator.putDay(bench.ada.userId, { date: today, brand: 1, steps: 4711 })
    await run()
    await run()
    const [, second = [], third = []] = payloads<Day[]>()
    second.map(({ day: date, values }) => [date, values.steps]).should.eql([[today, 4711]])
    third.should.eql([])
    should(bench.requestsOf('getactivity').at(-1)!.params).have.property('lastupdate')
    await bench.shows('status.nothingNew')
  })

  it('takes the day that a message names', async () => {
    await start({ output: 'batch' })
    const wanted = dayIn('Europe/Paris', secondsNow() - 2 * day)
    await run({ startDate: wanted, endDate: wanted })
    payloads<Day[]>()[0]!
      .map(({ day: date }) => date)
      .should.eql([wanted])
  })

  it('gives the latest of each kind, in imperial units', async () => {
    const ben = person('Ben')
    await start({ output: 'latest', units: 'imperial' }, { userId: ben.userId })
    await run()
    const [latest = {}] = payloads<Record<string, Reading>>()
    const row = ben.activity.days.find(({ date }) => date === dayIn('Europe/Paris', secondsNow()))!
    latest.steps!.value.should.equal(row.steps)
    latest.heart_rate_average!.value.should.equal(row.hr_average)
    latest.distance!.should.match({
      unit: 'mi',
      value: Math.round((Number(row.distance) / 1609.344) * 1e4) / 1e4
    })
  })

  it('sends workouts with their kind, a new one once, and again when it was edited', async () => {
    await start({ what: 'workouts', output: 'batch', days: 0 })
    await run()
    const { simulator, ada } = bench
    const id = simulator.addWorkout(ada.userId, { category: 566, data: { distance: 4200.5 } })
    await run()
    simulator.editWorkout(ada.userId, id, { category: 999, modified: secondsNow() + 5 })
    await run()
    const [first = [], second = [], third = []] = payloads<Workout[]>()
    first
      .map(each => Number(each.id))
      .sort()
      .should.eql(
        ada.activity.workouts
          .map(each => each.id)
          .filter(each => each !== id)
          .sort()
      )
    first
      .map(({ workoutType }) => workoutType)
      .should.containEql('category_999')
      .and.containEql('multi_sport')
    first.filter(({ brand }) => brand === 'external').should.have.length(1)
    second
      .map(({ workoutType, values }) => [workoutType, values.workout_distance])
      .should.eql([['nordic_walking', 4200.5]])
    third.map(({ workoutType }) => workoutType).should.eql(['category_999'])
  })

  it('sends the minutes slice by slice, then only new, late and changed ones', async () => {
    const ben = person('Ben')
    await start({ what: 'intraday', days: 3 }, { userId: ben.userId })
    await run()
    const slices = payloads<Intraday>()
    slices.should.have.length(3)
    const points = slices.flatMap(({ series }) => series.heart_rate!)
    const from = Number(bench.requestsOf('getintradayactivity')[0]!.params.startdate)
    const counted = [...ben.activity.samples].filter(([time]) => time >= from).sort(([a], [b]) => a - b)
    points.should.eql(counted.map(([time, { heart_rate }]) => ({ x: time * 1000, y: heart_rate })))
    bench.out.items[0]!.topic!.should.equal(`withings/${ben.userId}/${slices[0]!.deviceId}/intraday`)
    const [late, newest] = [counted.at(-20)![0] + 60, secondsNow() - 5]
    bench.simulator.putSample(ben.userId, late, { steps: 17, deviceid: slices[0]!.deviceId })
    bench.simulator.putSample(ben.userId, newest, { steps: 18, deviceid: slices[0]!.deviceId })
    await run()
    await run()
    const since = payloads<Intraday>().slice(3)
    since
      .flatMap(({ series }) => series.intraday_steps!)
      .should.eql([
        { x: late * 1000, y: 17 },
        { x: newest * 1000, y: 18 }
      ])
    await bench.shows('status.nothingNew')
  })

  it('puts all minutes into one message where it is told to, and keeps their cursor, too', async () => {
    await start({ what: 'intraday', days: 2, output: 'batch' }, { userId: person('Ben').userId })
    await run()
    await run()
    const [first = [], second = []] = payloads<Intraday[]>()
    first.should.have.length(2)
    second.should.eql([])
  })

  describe('of a watch that its days do not name', () => {
    const watchOf = ({ devices }: Person): string =>
      devices.find(({ type }) => type === 'Activity Tracker')!.deviceid

    it('sends days as those of the one device of that model, and asks for devices once', async () => {
      const ben = person('Ben')
      await start({ output: 'each' }, { userId: ben.userId })
      await run()
      await run({ mode: 'all' })
      const all = payloads<Day>()
      all.map(({ model }) => model).should.containEql('Samsung Health tracker')
      const days = all.filter(({ brand }) => brand === 'withings')
      days.length.should.be.above(30)
      days.every(({ deviceId, model }) => deviceId === watchOf(ben) && model === 'ScanWatch').should.be.true()
      days
        .flatMap(({ readings }) => readings)
        .every(({ deviceId }) => deviceId === watchOf(ben))
        .should.be.true()
      bench.out.items[0]!.topic!.should.equal(`withings/${ben.userId}/${watchOf(ben)}/day`)
      bench.requestsOf('getdevice').should.have.length(1)
    })

    it('sends days to who wants those of the watch only', async () => {
      const ben = person('Ben')
      await start({ output: 'batch', device: watchOf(ben) }, { userId: ben.userId })
      await run()
      payloads<Day[]>()[0]!.length.should.be.above(30)
    })

    it('sends days without their device where devices may not be asked for', async () => {
      const { userId } = person('Ben')
      await start({ output: 'batch', external: 'exclude' }, { userId, scopes: ['user.activity'] })
      await run()
      const days = payloads<Day[]>()[0]!
      days.length.should.be.above(30)
      days.every(({ deviceId, model }) => deviceId === null && model === 'ScanWatch').should.be.true()
    })

    it('tells who wants those of the watch only that devices may not be asked for, and loses no day', async () => {
      const ben = person('Ben')
      await start(
        { output: 'batch', device: watchOf(ben) },
        { userId: ben.userId, scopes: ['user.activity'] }
      )
      bench.send()
      const [error] = await bench.caught.count(1, 'the error')
      error!.error!.should.match({ code: 'SCOPE_MISSING', message: /user\.info/ })
      bench.out.items.should.eql([])
    })
  })

  it('sends goals once, until they change', async () => {
    await start({ what: 'goals' })
    await run()
    await run()
    payloads<Goals>()
      .map(({ values }) => values)
      .should.eql([{ step_goal: 8000, sleep_goal: 28_800, weight_goal: 78.5 }])
    bench.out.items[0]!.topic!.should.equal(`withings/${bench.ada.userId}/manual/goals`)
    await bench.shows('status.nothingNew')
  })

  it('names the permission that is missing for what it reads', async () => {
    await start({ what: 'goals' }, { scopes: ['user.metrics'] })
    bench.send()
    const [error] = await bench.caught.count(1, 'the error')
    error!.error!.should.match({ code: 'SCOPE_MISSING', message: /user\.info/ })
  })

  it('names another one for days', async () => {
    await start({}, { scopes: ['user.info'] })
    bench.send()
    const [error] = await bench.caught.count(1, 'the error')
    error!.error!.should.match({ code: 'SCOPE_MISSING', message: /user\.activity/ })
    bench.out.items.should.eql([])
  })

  it('tells Catch about a day that cannot be read, once, and sends the others', async () => {
    await start({ output: 'batch' })
    const wanted = dayIn('Europe/Paris', secondsNow() - 10 * day)
    const spoiled = bench.ada.activity.days.find(({ date }) => date === wanted)!
    spoiled.date += 'T'
    bench.send()
    const [error] = await bench.caught.count(1, 'the error')
    error!.error!.should.match({ code: 'BAD_ANSWER', message: /activities\[\d+\]/ })
    bench.out.items.should.have.length(1)
    payloads<Day[]>()[0]!.length.should.be.above(20)
  })

  for (const what of ['daily', 'workouts'])
    it(`sends the ${what} beside one with absurd fields, and tells Catch about that`, async () => {
      const { ada, simulator } = bench
      await start({ what, output: 'batch', days: 0 })
      await run()
      const { days, workouts } = ada.activity
      days.unshift({ ...days[0]!, date: '2107-13-45', steps: {}, modified: 1e13 })
      workouts.unshift({ ...workouts[0]!, id: 1, startdate: 1e13, modified: 1e13 })
      const date = dayIn('Europe/Paris', secondsNow())
      const workout = String(simulator.addWorkout(ada.userId, {}))
      simulator.putDay(ada.userId, { date, brand: 1, steps: {}, distance: 4711 })
      bench.send()
      const [error] = await bench.caught.count(1, 'the error')
      error!.error!.should.match({ code: 'BAD_ANSWER', message: /(activities|series)\[0\]/ })
      const [, second = []] = payloads<(Day | Workout)[]>()
      const found = second.map(item => (item.kind === 'day' ? [item.day, item.values.distance] : [item.id]))
      found.should.eql([what === 'daily' ? [date, 4711] : [workout]])
    })
})
