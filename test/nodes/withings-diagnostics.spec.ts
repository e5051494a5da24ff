import { type Bench, useBench } from '../support/withings-bench'

interface Told {
  login: { linked: boolean; status: string; scopes: string[]; missingScopes: string[] }
  devices: { type: string; model: string }[]
  types: { type: string; arrived: boolean; because?: string; date?: string; model?: string | null }[]
  errors: { at: string; code: string }[]
}

describe('withings-account: the diagnostics', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  const told = async () => (await bench.admin('/diagnostics')).body as Told
  const typeOf = async (type: string) => (await told()).types.find(entry => entry.type === type)!
  const load = (type: 'withings-measures' | 'withings-devices', properties: object = {}) =>
    bench.load({ type, output: 'batch', mode: 'all', ambiguous: 'include', ...properties })
  const ran = async () => {
    const before = bench.completed.items.length
    bench.send()
    await bench.completed.count(before + 1, 'the end of the run')
  }

  it('tell what arrived, with the date of the newest and what measured it', async () => {
    await load('withings-measures')
    await bench.logIn()
    await ran()
    const newest = bench.simulator
      .expectedReadings(bench.ada.userId)
      .filter(({ meastype }) => meastype === 1)
      .sort((one, other) => other.date - one.date)[0]!
    const weight = await typeOf('weight')
    weight.should.containEql({ arrived: true, date: new Date(newest.date * 1000).toISOString() })
    weight.model!.should.match(/\w/)
    ;(await told()).login.should.containEql({ linked: true, missingScopes: [] })
  })

  it('tell that a scope is missing after a login with fewer', async () => {
    await load('withings-measures')
    await bench.logIn({ scopes: ['user.info'] })
    bench.send()
    await bench.caught.count(1, 'the error')
    ;(await typeOf('weight')).should.eql({ type: 'weight', arrived: false, because: 'scope_missing' })
    const { login, errors } = await told()
    login.missingScopes.should.containEql('user.metrics')
    errors.map(({ code }) => code).should.eql(['SCOPE_MISSING'])
  })

  it('tell which types no device of the list measures, and which Withings may leave out', async () => {
    await load('withings-devices')
    await bench.logIn()
    ;(await typeOf('vo2_max')).because!.should.equal('device_or_plan')
    await ran()
    const { devices } = await told()
    devices.map(({ type }) => type).should.containEql('scale')
    ;(await typeOf('weight')).because!.should.equal('device_or_plan')
    ;(await typeOf('vo2_max')).because!.should.equal('no_device')
  })

  for (const [what, group] of [
    ['may belong to somebody else', { attrib: 1 }],
    ['are inconclusive', { is_inconclusive: true }]
  ] as const)
    it(`tell that all readings of a type ${what}`, async () => {
      const { simulator, ada } = bench
      for (const { grpid } of [...ada.groups]) simulator.removeGroup(ada.userId, grpid)
      simulator.addGroup(ada.userId, { ...group, measures: [{ type: 1, value: 64_321, unit: -3 }] })
      await load('withings-measures', { ambiguous: 'exclude' })
      await bench.logIn()
      await ran()
      ;(await typeOf('weight')).should.eql({ type: 'weight', arrived: false, because: 'held_back' })
    })

  it('hold no value, no token, no id of a person or a device', async () => {
    const { simulator, ada } = bench
    simulator.addGroup(ada.userId, { measures: [{ type: 1, value: 98_765, unit: -3 }] })
    await load('withings-measures')
    await bench.logIn()
    await ran()
    simulator.faults.add({ kind: 'status', status: 503, path: '/measure' })
    bench.send({ startDate: 5 })
    await bench.caught.count(1, 'the error')
    const { text, status } = await bench.admin('/diagnostics')
    status.should.equal(200)
    text.should.match(/WITHINGS_REFUSED/)
    const secrets = [
      ...['98.765', '98765', ada.userId, simulator.client.secret, simulator.client.id],
      ...simulator.tokens
        .issued(ada.userId)
        .flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
      ...ada.devices.flatMap(({ deviceid, hash_deviceid: hash }) => [deviceid, hash])
    ]
    secrets.filter(secret => text.includes(secret)).should.eql([])
  })

  it('are there for an account that nobody linked', async () => {
    await load('withings-measures')
    const { login, types } = await told()
    login.should.containEql({ linked: false, status: 'login-needed' })
    types.every(({ arrived }) => !arrived).should.be.true()
  })
})
