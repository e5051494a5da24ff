import { accountNode, measuresFlow } from '../support/flows'
import type { FlowNode } from '../support/node-red'
import { done, loginNeeded, Stage } from '../support/stage'

const period = { mode: 'period', days: 0, schedule: 0, output: 'batch' }
const refresh = { path: '/v2/oauth2', params: { grant_type: 'refresh_token' } }
const data = { path: '/measure' }

describe('a login in a real Node-RED that is killed', function () {
  this.timeout(120_000)
  let stage: Stage

  before(async () => {
    stage = await Stage.open()
    await stage.logIn()
    await stage.deploy(measuresFlow(stage.broker, stage.simulator, { account: 'account', ...period }))
  })
  after(() => stage.close())
  afterEach(() => stage.simulator.faults.clear())

  /** Resolves when a request of this kind arrived; by then the process is killed. */
  const killedAt = (target: object): Promise<void> =>
    new Promise(resolve => {
      const before = () => stage.nodeRed.kill('SIGKILL').then(resolve)
      stage.simulator.faults.add({ kind: 'before', times: 1, ...target, before })
    })
  const issued = (): number => stage.simulator.tokens.issued(stage.userId()).length

  const moments: [string, () => Promise<void>][] = [
    [
      'before the refresh is answered',
      async () => {
        const [before, killed] = [issued(), killedAt(refresh)]
        stage.simulator.faults.add({ kind: 'hang', times: 1, ...refresh })
        await stage.ask()
        await killed
        issued().should.equal(before)
      }
    ],
    [
      'when Withings has given a new pair that never came',
      async () => {
        const before = issued()
        stage.simulator.faults.add({ kind: 'reset', when: 'after', times: 1, ...refresh })
        await stage.ask()
        await stage.issued(before + 1)
        await stage.nodeRed.kill('SIGKILL')
      }
    ],
    [
      'as soon as the new pair is on disk',
      async () => {
        const saved = stage.recordChange()
        await stage.ask()
        await saved
        await stage.nodeRed.kill('SIGKILL')
      }
    ],
    [
      'when the new pair is on disk and its first use never arrived',
      async () => {
        const [before, killed] = [stage.record(), killedAt(data)]
        stage.simulator.faults.add({ kind: 'reset', times: 1, ...data })
        await stage.ask()
        await killed
        stage.record()!.should.not.equal(before)
      }
    ],
    [
      'when Withings has seen the first use and its answer never came',
      async () => {
        const before = stage.simulator.requests.length
        stage.simulator.faults.add({ kind: 'reset', when: 'after', times: 1, ...data })
        let arrived = () => undefined as void
        const first = new Promise<void>(resolve => (arrived = resolve))
        stage.simulator.faults.add({ kind: 'before', times: 1, ...data, before: arrived })
        await stage.ask()
        await first
        await stage.nodeRed.kill('SIGKILL')
        stage.simulator.requests.length.should.equal(before + 2)
      }
    ],
    [
      'after the first use',
      async () => {
        ;(await stage.run()).should.eql([done])
        await stage.nodeRed.kill('SIGKILL')
      }
    ]
  ]
  for (const [moment, kill] of moments)
    it(`needs no new login when that happens ${moment}`, async () => {
      const { linkedAt } = await stage.state()
      await stage.becomeDue()
      const from = stage.tokenCalls().length
      await kill()
      stage.simulator.faults.clear()
      await stage.restart()
      const state = await stage.state()
      state.should.containEql({ linked: true, status: 'ready', linkedAt })
      const before = stage.readings().length
      ;(await stage.run()).should.eql([done])
      stage.readings().slice(before)[0]!.should.be.above(0)
      const refreshes = stage.tokenCalls().slice(from)
      refreshes.length.should.be.within(1, 2)
      refreshes.forEach(({ answerStatus }) => [0, null].should.containEql(answerStatus))
      stage.tokenCalls('authorization_code').should.have.length(1)
    })
})

const six = ['weight', 'heart_pulse', 'fat_ratio', 'temperature', 'spo2', 'height']

describe('the refreshes of a real Node-RED', function () {
  this.timeout(120_000)
  let stage: Stage

  beforeEach(async () => {
    stage = await Stage.open()
    await stage.logIn()
  })
  afterEach(() => stage.close())

  const flowOf = () => measuresFlow(stage.broker, stage.simulator, { account: 'account', ...period })
  /** The flow, its inject wired to these measures nodes instead. */
  const wiredTo = (nodes: FlowNode[]): FlowNode[] => [
    ...flowOf()
      .filter(({ id }) => id !== 'measures')
      .map(node => (node.id === 'inject' ? { ...node, wires: [nodes.map(({ id }) => id)] } : node))
      .map(node => (node.id === 'complete' ? { ...node, scope: nodes.map(({ id }) => id) } : node)),
    ...nodes
  ]
  const measures = (id: string, properties: object): FlowNode => ({
    ...{ id, type: 'withings-measures', z: 'tab', account: 'account', wires: [['readings-wrap']] },
    ...period,
    ...properties
  })

  it('are one for six nodes that fire at once on an expired token', async () => {
    await stage.deploy(wiredTo(six.map(type => measures(type, { types: [type] }))))
    await stage.becomeDue()
    const sent = stage.simulator.requests.length
    ;(await stage.run('inject', 6)).should.eql(Array(6).fill(done))
    stage
      .tokenCalls()
      .map(({ answerStatus }) => answerStatus)
      .should.eql([0])
    const answers = stage.simulator.requests.slice(sent).map(({ answerStatus }) => answerStatus)
    answers.should.eql(Array(7).fill(0))
  })

  it('end with the first one that is refused, also over a restart, until somebody logs in', async () => {
    await stage.deploy(flowOf())
    await stage.becomeDue()
    stage.simulator.tokens.revokeGrant(stage.userId())
    ;(await stage.run()).should.eql([loginNeeded])
    stage
      .tokenCalls()
      .map(({ answerStatus }) => answerStatus)
      .should.eql([503])
    ;(await stage.state()).should.containEql({ linked: true, status: 'login-needed' })
    ;(await stage.run()).should.eql([loginNeeded])
    await stage.restart()
    ;(await stage.state()).should.containEql({ status: 'login-needed' })
    const sent = stage.simulator.requests.length
    ;(await stage.run()).should.eql([loginNeeded])
    stage.simulator.requests.length.should.equal(sent)
    await stage.logIn()
    stage.later()
    ;(await stage.run()).should.eql([done])
    ;(await stage.state()).should.containEql({ status: 'ready' })
    stage.tokenCalls().should.have.length(1)
  })

  it('of a dead login leave another account of the same client id alone', async () => {
    await stage.logIn('other', 'Ben')
    await stage.deploy([
      ...flowOf(),
      accountNode(stage.simulator, { id: 'other', name: 'Ben' }),
      measures('others', { account: 'other' }),
      { ...flowOf().find(({ id }) => id === 'inject')!, id: 'inject-other', wires: [['others']] },
      { id: 'complete-other', type: 'complete', z: 'tab', scope: ['others'], wires: [['complete-wrap']] }
    ])
    await stage.becomeDue()
    stage.simulator.tokens.revokeGrant(stage.userId())
    ;(await stage.run('inject')).should.eql([loginNeeded])
    ;(await stage.run('inject-other')).should.eql([done])
    stage.later()
    stage.simulator.tokens.expireAccess(stage.userId('Ben'))
    ;(await stage.run('inject-other')).should.eql([done])
    ;(await stage.state('account')).should.containEql({ status: 'login-needed', userId: stage.userId() })
    ;(await stage.state('other')).should.containEql({ status: 'ready', userId: stage.userId('Ben') })
    stage
      .tokenCalls()
      .map(({ answerStatus }) => answerStatus)
      .should.eql([503, 0])
  })
})
