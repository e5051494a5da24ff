import { ConnectProxy } from '../support/connect-proxy'
import { measuresFlow } from '../support/flows'
import { logIn, loginBody } from '../support/log-in'
import type { FlowNode, NodeRedOptions } from '../support/node-red'
import { done, Stage } from '../support/stage'

const period = { account: 'account', mode: 'period', days: 0, schedule: 0, output: 'batch' }

describe('the requests of a real Node-RED', function () {
  this.timeout(120_000)
  let stage: Stage
  let proxy: ConnectProxy

  beforeEach(async () => {
    proxy = await ConnectProxy.start()
  })
  afterEach(async () => {
    await stage.close()
    await proxy.stop()
  })

  const open = async (options: NodeRedOptions = {}) => {
    stage = await Stage.open(options)
  }
  const flowOf = (proxyNode?: object): FlowNode[] => {
    const flow = measuresFlow(stage.broker, stage.simulator, period)
    if (!proxyNode) return flow
    const linked = flow.map(node => (node.id === 'account' ? { ...node, proxy: 'proxy' } : node))
    return [
      ...linked,
      { id: 'proxy', type: 'http proxy', name: '', url: proxy.url, noproxy: [], ...proxyNode }
    ]
  }
  const address = () => new URL(stage.simulator.url).host
  /** Logs in, reads, refreshes and reads again. */
  const work = async (flow: FlowNode[]) => {
    await stage.deploy(flow)
    const used = flow.some(({ id }) => id === 'proxy') ? { proxy: 'proxy' } : {}
    const body = { ...loginBody(stage.simulator, stage.nodeRed), ...used }
    const options = { userId: stage.userId() }
    ;(await logIn(stage.nodeRed, stage.simulator, 'account', options, body)).status.should.equal(200)
    ;(await stage.run()).should.eql([done])
    stage.simulator.tokens.expireAccess(stage.userId())
    ;(await stage.run()).should.eql([done])
    stage.tokenCalls().should.have.length(1)
  }

  it('go through the proxy node of the account, those for tokens as well', async () => {
    await open()
    await work(flowOf({}))
    const sent = stage.simulator.requests.filter(({ path }) => path === '/measure' || path === '/v2/oauth2')
    sent.should.have.length(5)
    proxy.targets.should.eql(Array(5).fill(address()))
  })

  it('go around it to an address that it names as an exception', async () => {
    await open()
    await work(flowOf({ noproxy: ['127.0.0.1'] }))
    proxy.targets.should.eql([])
  })

  it('go through the proxy of the environment', async () => {
    await open({ env: { http_proxy: proxy.url, HTTP_PROXY: '', no_proxy: '', NO_PROXY: '' } })
    await work(flowOf())
    proxy.targets.should.eql(Array(5).fill(address()))
  })

  it('go straight without any', async () => {
    await open({ env: { http_proxy: '', HTTP_PROXY: '' } })
    await work(flowOf())
    proxy.targets.should.eql([])
  })
})
