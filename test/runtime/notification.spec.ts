import { hashSync } from 'bcryptjs'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Notification } from '../../lib/withings/notifications/notification'
import type { BedMove } from '../simulator'
import { deliver, deliverUntilTaken, type Form, inWeather } from '../simulator/deliveries'
import { Random } from '../simulator/random'
import { notificationFlow, PUBLIC_URL } from '../support/flows'
import { Stage } from '../support/stage'

const seed = 7
const count = 1_000
const hour = 3_600

const formOf = ({ deviceId, inBed, at }: BedMove): Form => ({
  appli: inBed ? '50' : '51',
  deviceid: deviceId,
  date: String(at)
})

/** Two mats, in and out in turn; the last time, on both, is half an hour ago. */
function movesOf(now: number): BedMove[] {
  const random = new Random(seed, 'moves')
  const inBed: Record<string, boolean> = {}
  let at = now - count * 200
  const moves = Array.from({ length: count }, () => {
    at += random.integer(125, 180)
    const deviceId = random.chance(0.5) ? 'left' : 'right'
    inBed[deviceId] = !inBed[deviceId]
    return { deviceId, inBed: inBed[deviceId] ?? false, at }
  })
  const last = (deviceId: string): BedMove => ({ deviceId, inBed: !inBed[deviceId], at: now - hour / 2 })
  return [...moves.slice(2), last('left'), last('right')]
}

function movesIn(notifications: readonly Notification[]): BedMove[] {
  return notifications
    .filter(({ deviceId = '' }) => ['left', 'right', 'mat'].includes(deviceId))
    .map(({ category, deviceId = '', date = '' }) => ({
      deviceId,
      inBed: category === 50,
      at: Date.parse(date) / 1000
    }))
}

function statesOf(moves: readonly BedMove[]): Record<string, boolean | undefined> {
  return Object.fromEntries(
    ['left', 'right'].map(mat => [mat, moves.filter(move => move.deviceId === mat).at(-1)?.inBed])
  )
}

describe('notifications in a real Node-RED', function () {
  this.timeout(180_000)
  let stage: Stage
  afterEach(() => stage?.close())

  const told = (): Notification[] =>
    stage.broker
      .on('test/told')
      .map(({ payload }) => (JSON.parse(payload) as { payload: Notification }).payload)
  const bedsTold = (): BedMove[] => movesIn(told())
  const until = async (holds: () => boolean, what: string): Promise<void> => {
    await stage.broker.published.until(() => holds(), what, 60_000)
  }
  const subscribed = async (applis: number[]): Promise<void> => {
    while (stage.simulator.notify.of(stage.userId()).length < applis.length) await wait(20)
  }

  async function open(
    categories: number[],
    options: Parameters<typeof Stage.open>[0] = {},
    lead = ''
  ): Promise<void> {
    stage = await Stage.open(options)
    stage.simulator.notify.lead(PUBLIC_URL, stage.nodeRed.origin + lead)
    await stage.deploy(notificationFlow(stage.broker, stage.simulator, { categories }))
    await stage.logIn()
  }

  it('end with the right bed states after 1,000 deliveries, losses, repeats, swaps and SIGKILLs @load', async () => {
    const now = Math.floor(Date.now() / 1000)
    const moves = movesOf(now)
    await open([44, 50, 51])
    await subscribed([44, 50, 51])
    const ada = stage.userId()
    const { beds } = stage.simulator.people.find(({ userId }) => userId === ada)!
    // The last one of the left mat never arrives.
    const sent = moves.filter(move => move !== moves.at(-2)).map(formOf)
    const arriving = inWeather(sent, { seed, lost: 0.05, twice: 0.1, overtaken: 0.1 })
    const kills = [250, 500, 750]
    let killing = Promise.resolve()
    const ends: number[] = []
    for (const [index, form] of arriving.entries()) {
      beds.push(...moves.slice(beds.length).filter(({ at }) => at <= Number(form.date)))
      if (kills.includes(index)) {
        killing = stage.nodeRed.kill('SIGKILL').then(async () => {
          ends.push(bedsTold().length)
          await stage.nodeRed.start()
        })
      }
      await deliverUntilTaken(stage.simulator.notify, ada, form, () => wait(100))
    }
    await killing
    beds.push(...moves.slice(beds.length))
    await deliver(stage.simulator.notify, ada, {
      appli: '44',
      startdate: String(now - 8 * hour),
      enddate: String(now)
    })
    const truth = statesOf(moves)
    await until(
      () => JSON.stringify(statesOf(bedsTold())) === JSON.stringify(truth),
      `the states ${JSON.stringify(truth)}`
    )
    const found = told().filter(
      ({ deviceId, catchUp }) => catchUp === true && ['left', 'right'].includes(deviceId ?? '')
    )
    found.map(({ deviceId }) => deviceId).should.containEql('left')
    const events = bedsTold()
    const repeated = events.length - new Set(events.map(event => JSON.stringify(event))).size
    process.stdout.write(
      `      ${arriving.length} deliveries, ${kills.length} kills: ${events.length} events told, ` +
        `${repeated} of them again after a kill, ${found.length} found in the sleep data\n`
    )
    // What was told but not yet noted when the process was killed is told again, nothing else.
    const cuts = [0, ...ends, events.length]
    for (const mat of ['left', 'right'])
      for (const [index, from] of cuts.slice(0, -1).entries()) {
        const dates = events
          .slice(from, cuts[index + 1])
          .flatMap(({ deviceId, at }) => (deviceId === mat ? [at] : []))
        dates.should.eql([...new Set(dates)].sort((a, b) => a - b))
      }
  })

  it('tell each bed event once over SIGKILLs, and the last one of a flood that was answered', async () => {
    stage = await Stage.open({ allCoreNodes: true })
    stage.simulator.notify.lead(PUBLIC_URL, stage.nodeRed.origin)
    const filename = join(stage.nodeRed.userDir, 'told.jsonl')
    const file = { id: 'file', type: 'file', z: 'tab', filename, filenameType: 'str', appendNewline: true }
    const categories = [50, 51]
    // The broker is not connected yet when a start tells what had to wait.
    const flow = notificationFlow(stage.broker, stage.simulator, { categories, wires: [['file']] })
    await stage.deploy([...flow, { ...file, overwriteFile: 'false', wires: [[]] }])
    await stage.logIn()
    await subscribed(categories)
    const now = Math.floor(Date.now() / 1000)
    const left = (inBed: boolean, ago: number): BedMove => ({ deviceId: 'left', inBed, at: now - ago })
    const post = (form: Form): Promise<void> =>
      deliverUntilTaken(stage.simulator.notify, stage.userId(), form, () => wait(20))
    const inFile = (): BedMove[] => {
      const lines = existsSync(filename) ? readFileSync(filename, 'utf8').split('\n').slice(0, -1) : []
      const notifications = lines.map(line => JSON.parse(line) as Notification)
      return movesIn(notifications).filter(({ deviceId }) => deviceId === 'left')
    }
    const leftTold = async (moves: readonly BedMove[]): Promise<void> => {
      while (stage.nodeRed.isRunning && inFile().length < moves.length) await wait(20)
      inFile().should.eql(moves)
    }
    const kill = async (): Promise<void> => {
      await stage.nodeRed.kill('SIGKILL')
      await stage.nodeRed.start()
      // What Withings did not know to be answered, and what was overtaken.
      for (const move of [left(true, 900), left(false, 800), left(true, 850)]) await post(formOf(move))
    }
    for (const move of [left(true, 900), left(false, 800)]) await post(formOf(move))
    await leftTold([left(true, 900), left(false, 800)])
    await kill()
    await kill()
    await post(formOf(left(true, 700)))
    const before = [left(true, 900), left(false, 800), left(true, 700)]
    await leftTold(before)
    // So many that those at the end have to wait for the next minute.
    for (let made = 0; made < 130; made += 1)
      await post({ appli: '50', deviceid: `made-up-${made}`, date: String(now) })
    await post(formOf(left(false, 600)))
    await post(formOf(left(true, 500)))
    await leftTold(before)
    await kill()
    await leftTold([...before, left(true, 500)])
  })

  it('are answered at once while Withings hangs, 200 a second for 10 s @load', async () => {
    stage = await Stage.open({ measured: true })
    stage.simulator.notify.lead(PUBLIC_URL, stage.nodeRed.origin)
    const flow = notificationFlow(stage.broker, stage.simulator, { categories: [1, 50] }).map(node =>
      node.id === 'notification' ? { ...node, wires: [['told-wrap', 'measures']] } : node
    )
    const measures = {
      id: 'measures',
      type: 'withings-measures',
      z: 'tab',
      account: 'account',
      schedule: 0,
      wires: []
    }
    await stage.deploy([...flow, measures])
    await stage.logIn()
    await subscribed([1, 50])
    const url = stage.simulator.notify
      .of(stage.userId())[0]!
      .callbackUrl.replace(PUBLIC_URL, stage.nodeRed.origin)
    stage.simulator.faults.add({ kind: 'hang' })
    const memoryBefore = memoryOf(stage.nodeRed.pid)
    const start = performance.now()
    const now = Math.floor(Date.now() / 1000)
    const posts = Array.from({ length: 2_000 }, async (_, index) => {
      await wait(start + index * 5 - performance.now())
      const body = new URLSearchParams({
        userid: stage.userId(),
        ...(index % 2 === 0
          ? { appli: '1', startdate: String(now - index), enddate: String(now - index + 1) }
          : { appli: '50', deviceid: 'mat', date: String(now - 10_000 + index) })
      })
      const asked = performance.now()
      const answer = await fetch(url, { method: 'POST', body })
      const took = performance.now() - asked
      return { status: answer.status, text: await answer.text(), took }
    })
    const answers = await Promise.all(posts)
    const memory = memoryOf(stage.nodeRed.pid) - memoryBefore
    answers.filter(({ status, text }) => status !== 200 || text !== '').should.eql([])
    const times = answers.map(({ took }) => took).sort((a, b) => a - b)
    const at = (share: number): string => times[Math.ceil(times.length * share) - 1]!.toFixed(1)
    process.stdout.write(
      `      2,000 posts: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms; ` +
        `Node-RED grew by ${memory.toFixed(1)} MB\n`
    )
    const newest = now - 10_000 + 1_999
    await until(() => bedsTold().some(({ at }) => at === newest), 'the newest bed event')
    // What the flow is to fetch is bounded too: Withings would answer no more in a minute.
    told()
      .filter(({ category }) => category === 1)
      .length.should.be.within(1, 240)
    const pending = join(stage.nodeRed.userDir, 'withings-notifications', 'notification.json')
    while (readFileSync(pending, 'utf8') !== '[]') await wait(50)
  })

  it('come with separate roots, where nobody parses the body before', async () => {
    await open([1], { httpAdminRoot: '/admin', settings: { httpNodeRoot: '/api' } })
    await subscribed([1])
    stage.simulator.notify
      .of(stage.userId())[0]!
      .callbackUrl.should.startWith(`${PUBLIC_URL}/api/withings/notify/`)
    const form = { appli: '1', startdate: '1706376729', enddate: '1706376730' }
    ;(await deliver(stage.simulator.notify, stage.userId(), form)).should.eql([200])
    await until(() => told().length === 1, 'the message')
  })

  it('cannot come past httpNodeAuth, which the node says, unless the proxy logs in', async () => {
    const login = { user: 'withings', pass: hashSync('test-password', 4) }
    await open([1], { settings: { httpNodeAuth: login } })
    const refused = () =>
      stage.broker.on('test/errors').some(({ payload }) => payload.includes('WITHINGS_REFUSED'))
    await until(refused, 'the error')
    stage.simulator.notify.of(stage.userId()).should.eql([])
    const authorization = `Basic ${Buffer.from('withings:test-password').toString('base64')}`
    stage.simulator.notify.lead(PUBLIC_URL, stage.nodeRed.origin, { authorization })
    await subscribed([1])
  })

  it('are subscribed again after a restart at the same address, and what was missed is fetched', async () => {
    await open([1, 50])
    await subscribed([1, 50])
    const before = stage.simulator.notify.of(stage.userId()).map(({ callbackUrl }) => callbackUrl)
    while (!settingsOf(stage).includes('"known":[1,50]')) await wait(20)
    stage.simulator.notify.subscriptions = []
    await stage.restart()
    await subscribed([1, 50])
    stage.simulator.notify
      .of(stage.userId())
      .map(({ callbackUrl }) => callbackUrl)
      .should.eql(before)
    await until(() => told().some(({ category }) => category === 1), 'the message')
    told()
      .filter(({ deviceId }) => deviceId === undefined)
      .should.match([{ category: 1, name: 'weight', catchUp: true }])
  })
})

/** Megabytes that a process has in memory; NaN where that cannot be told. */
function memoryOf(pid: number | undefined): number {
  const path = `/proc/${pid}/status`
  const kilobytes = existsSync(path) ? /VmRSS:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined
  return Number(kilobytes) / 1024
}

function settingsOf(stage: Stage): string {
  return readFileSync(join(stage.nodeRed.userDir, '.config.runtime.json'), 'utf8').replace(/\s/g, '')
}
