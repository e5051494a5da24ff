import { accountNode, measuresFlow, tab } from '../support/flows'
import type { FlowNode } from '../support/node-red'
import { done, Stage } from '../support/stage'

const period = { mode: 'period', days: 0, schedule: 0, output: 'batch' }
const warning = /\[warn\] \[withings-account:.*cannot save its settings/

describe('what keeps a login in a real Node-RED', function () {
  this.timeout(120_000)
  let stage: Stage

  const open = async (settings: Record<string, unknown> = {}) => {
    stage = await Stage.open({ settings })
  }
  const flowOf = () => measuresFlow(stage.broker, stage.simulator, { account: 'account', ...period })
  const disabled = () => flowOf().map(node => (node.id === 'account' ? { ...node, d: true } : node))
  afterEach(() => stage.close())

  it('stays linked when the user sets a credentialSecret, and is encrypted with it', async () => {
    await open()
    await stage.logIn()
    await stage.deploy(flowOf())
    const linked = await stage.state()
    const before = stage.record()
    await stage.nodeRed.kill('SIGTERM')
    stage.configure({ credentialSecret: 'chosen by the user' })
    await stage.restart()
    ;(await stage.state()).should.deepEqual(linked)
    ;(await stage.run()).should.eql([done])
    const after = stage.record()!
    after.should.not.equal(before)

    await stage.restart()
    ;(await stage.state()).should.deepEqual(linked)
    ;(await stage.run()).should.eql([done])
    stage.record()!.should.equal(after)
    stage.tokenCalls('authorization_code').should.have.length(1)
  })

  for (const [name, credentialSecret] of [
    ['a credentialSecret', 'chosen by the user'],
    ['credentialSecret to false', false]
  ])
    it(`stays linked when the user sets ${name}, and deploys, while the account is disabled`, async () => {
      await open()
      await stage.logIn()
      await stage.deploy(flowOf())
      await stage.deploy(disabled())
      const linked = await stage.state()
      stage.configure({ credentialSecret })
      await stage.restart()
      await stage.deploy(disabled())
      await stage.restart()
      ;(await stage.state()).should.deepEqual(linked)
      await stage.deploy(flowOf())
      ;(await stage.run()).should.eql([done])
    })

  it('says once, in plain words, that it is volatile where Node-RED saves nothing', async () => {
    await open({ readOnly: true })
    await stage.deploy(flowOf())
    await stage.logIn()
    ;(await stage.state()).should.containEql({ linked: true, status: 'volatile' })
    const warnings = await stage.nodeRed.log.until(
      lines => lines.some(line => warning.test(line)) && lines.filter(line => warning.test(line)),
      'the warning'
    )
    warnings[0]!.should.match(/[A-Z].{25,}\.$/)
    ;(await stage.run()).should.eql([done])
    await stage.deploy(flowOf())
    stage.nodeRed.log.items.filter(line => warning.test(line)).should.have.length(1)
    await stage.restartBare()
    ;(await stage.state()).should.containEql({ linked: false, status: 'login-needed' })
  })

  it('survives that the account is disabled, and works when it is enabled again', async () => {
    await open()
    await stage.logIn()
    await stage.deploy(flowOf())
    const linked = await stage.state()
    await stage.deploy(disabled())
    ;(await stage.run()).should.eql([{ topic: 'test/errors', code: 'NOT_CONFIGURED' }])
    await stage.restart()
    ;(await stage.state()).should.deepEqual(linked)
    await stage.deploy(flowOf())
    ;(await stage.state()).should.deepEqual(linked)
    ;(await stage.run()).should.eql([done])
  })

  it('is shared by the instances of a subflow that holds the account', async () => {
    await open()
    await stage.logIn()
    const inside = (node: FlowNode): FlowNode => ({ ...node, z: 'sub' })
    const [, , inject, measures, complete, , ...observers] = flowOf() as [
      FlowNode,
      FlowNode,
      FlowNode,
      FlowNode,
      FlowNode,
      FlowNode,
      ...FlowNode[]
    ]
    const instance = (id: string): FlowNode => ({
      id,
      type: 'subflow:sub',
      z: 'tab',
      wires: [['readings-wrap']]
    })
    const port = { x: 1, y: 1, wires: [{ id: 'measures', port: 0 }] }
    await stage.deploy([
      tab,
      {
        id: 'sub',
        type: 'subflow',
        name: 'Reader',
        in: [{ ...port, wires: [{ id: 'measures' }] }],
        out: [port]
      },
      inside(accountNode(stage.simulator, { x: undefined, y: undefined })),
      inside({ ...measures, wires: [[]] }),
      instance('first'),
      instance('second'),
      { ...inject, wires: [['first']] },
      { ...inject, id: 'inject-second', wires: [['second']] },
      { ...complete, scope: ['first', 'second'] },
      { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors-wrap']] },
      ...observers
    ])
    await stage.ask('inject')
    await stage.broker.published.until(() => stage.readings().length === 1, 'the readings of the first')
    stage.simulator.tokens.expireAccess(stage.userId())
    await stage.ask('inject-second')
    await stage.broker.published.until(() => stage.readings().length === 2, 'those of the second', 40_000)
    await stage.restart()
    await stage.ask('inject')
    await stage.broker.published.until(() => stage.readings().length === 3, 'those after a restart', 40_000)
    ;(await stage.state()).should.containEql({ linked: true, status: 'ready' })
    stage.tokenCalls('authorization_code').should.have.length(1)
    stage
      .tokenCalls()
      .map(({ answerStatus }) => answerStatus)
      .should.eql([0])
  })
})
