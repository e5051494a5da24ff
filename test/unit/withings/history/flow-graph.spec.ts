import { FlowGraph, type FlowNode } from '../../../../lib/withings/history/flow-graph'

const tab = { id: 'tab', type: 'tab' }
const measures = (wires: string[], more: object = {}): FlowNode => ({
  ...{ id: 'measures', type: 'withings-measures', z: 'tab', wires: [wires] },
  ...more
})
const node = (id: string, type: string, more: object = {}): FlowNode => ({
  ...{ id, type, z: 'tab', wires: [] },
  ...more
})
const state = node('state', 'gladys-device-state', { wires: [[], []] })

const reached = (nodes: readonly FlowNode[], from = 'measures'): string[] => [
  ...new FlowGraph(nodes).reachedFrom(from)
]
const reaches = (...nodes: FlowNode[]): boolean => reached([tab, ...nodes]).includes('state')

describe('the ways of messages through a flow', () => {
  it('lead through wires, functions, junctions and loops', () => {
    reaches(measures(['state']), state).should.be.true()
    reaches(measures([]), state).should.be.false()
    const junction = node('j', 'junction', { wires: [['f']] })
    const loop = node('f', 'function', { wires: [['j'], ['state']] })
    reaches(measures(['j']), junction, loop, state).should.be.true()
  })

  it('end at what is disabled', () => {
    const middle = node('f', 'function', { wires: [['state']] })
    reaches(measures(['f']), middle, state).should.be.true()
    reaches(measures(['f']), { ...middle, d: true }, state).should.be.false()
    reaches(measures(['f'], { d: true }), middle, state).should.be.false()
    const off = { id: 'off', type: 'tab', disabled: true }
    reaches(off, measures(['state'], { z: 'off' }), state).should.be.false()
  })

  it('end at a node that sends something else', () => {
    const devices = node('devices', 'withings-devices', { wires: [['state']] })
    reached([tab, measures(['devices']), devices, state]).should.eql(['devices'])
  })

  it('go on behind a Gladys node, but not from where it tells of imports', () => {
    const other = (wires: string[][]) => node('other', 'gladys-device-state', { wires })
    reaches(measures(['other']), other([['state'], []]), state).should.be.true()
    reaches(measures(['other']), other([[], ['state']]), state).should.be.false()
  })

  for (const [which, out, into] of [
    ['both ends', ['in'], ['out']],
    ['the link out', ['in'], []],
    ['the link in', [], ['out']]
  ] as const)
    it(`lead from tab to tab where ${which} say so`, () => {
      const linkOut = node('out', 'link out', { mode: 'link', links: out })
      const linkIn = node('in', 'link in', { z: 'tab2', links: into, wires: [['state']] })
      const there = { ...state, z: 'tab2' }
      reaches({ id: 'tab2', type: 'tab' }, linkIn, measures(['out']), linkOut, there).should.be.true()
    })

  describe('with routines', () => {
    const call = (id: string, wires: string[], more: object = {}) =>
      node(id, 'link call', { links: ['routine'], linkType: 'static', wires: [wires], ...more })
    const routine = node('routine', 'link in', { links: [], wires: [['inside']] })
    const inside = node('inside', 'function', { wires: [['back']] })
    const back = node('back', 'link out', { mode: 'return', links: [] })

    it('come back to who called, and to nobody else', () => {
      const calls = [call('call', ['state']), call('other', ['elsewhere']), node('elsewhere', 'debug')]
      const found = reached([tab, measures(['call']), ...calls, routine, inside, back, state])
      found.should.containDeep(['inside', 'state'])
      found.should.not.containDeep(['elsewhere'])
      reaches(measures(['other']), ...calls, routine, inside, back, state).should.be.false()
    })

    it('do not come back from a routine that never returns', () => {
      reaches(measures(['call']), call('call', ['state']), routine, inside, state).should.be.false()
    })

    it('lead from a node in a routine to all who call it', () => {
      const own = node('inside', 'withings-measures', { wires: [['back']] })
      const nodes = [tab, call('call', ['state']), routine, own, back, state]
      reached(nodes, 'inside').should.containDeep(['state'])
    })

    it('may lead anywhere where the message says whom to call', () => {
      const dynamic = call('call', ['state'], { linkType: 'dynamic', links: [] })
      reaches(measures(['call']), dynamic, routine, inside, back, state).should.be.true()
    })

    it('come to an end where a routine calls itself', () => {
      const again = node('inside', 'link call', { links: ['routine'], wires: [['back']] })
      reaches(measures(['call']), call('call', ['state']), routine, again, back, state).should.be.false()
    })
  })

  describe('with subflows', () => {
    const inner = (id: string, type: string, more: object = {}) => node(id, type, { z: 'sub', ...more })
    const subflow = (ins: object[], outs: object[]): FlowNode => ({
      ...{ id: 'sub', type: 'subflow', in: ins, out: outs }
    })
    const instance = (id: string, wires: string[][], more: object = {}) =>
      node(id, 'subflow:sub', { wires, ...more })
    const from = (id: string, port = 0) => ({ wires: [{ id, port }] })

    it('lead out of an instance, from the port that is wired to its output', () => {
      const parts = [
        inner('measures', 'withings-measures', { wires: [[]] }),
        inner('s', 'switch', { wires: [[], []] })
      ]
      const nodes = (port: number) => [
        ...[tab, subflow([], [from('s', 0), from('measures', port)]), ...parts],
        ...[instance('one', [[], ['state']]), instance('two', [[], []]), state]
      ]
      reached(nodes(0), 'one-measures').should.eql(['state'])
      reached(nodes(0), 'two-measures').should.eql([])
      // What runs is the instance.
      reached(nodes(0)).should.eql([])
    })

    it('lead into an instance, and straight through it', () => {
      const into = [subflow([{ wires: [{ id: 'state' }] }], []), inner('state', 'gladys-device-state')]
      reached([tab, measures(['one']), ...into, instance('one', []), instance('two', [])]).should.eql([
        'one',
        'one-state'
      ])
      const through = subflow([{ wires: [] }], [from('sub')])
      reaches(measures(['one']), through, instance('one', [['state']]), state).should.be.true()
    })

    it('lead through nested instances and links inside', () => {
      const outer = { ...subflow([], [from('deep')]), id: 'outer' }
      const parts = [
        ...[inner('measures', 'withings-measures', { wires: [['out']] })],
        ...[
          inner('out', 'link out', { links: ['in'] }),
          inner('in', 'link in', { links: ['out'], wires: [[]] })
        ]
      ]
      const nodes = [
        ...[tab, subflow([], [from('in')]), outer, ...parts, instance('deep', [[]], { z: 'outer' })],
        ...[node('top', 'subflow:outer', { wires: [['state']] }), state]
      ]
      reached(nodes, 'top-deep-measures').should.eql(['top-deep-out', 'top-deep-in', 'state'])
    })

    it('are none in a disabled instance, and end in one that contains itself', () => {
      const parts = [subflow([], [from('measures')]), inner('measures', 'withings-measures', { wires: [[]] })]
      const off = [tab, ...parts, instance('one', [['state']], { d: true }), state]
      reached(off, 'one-measures').should.eql([])
      const endless = [...parts, inner('again', 'subflow:sub', { wires: [['measures']] })]
      reached([tab, ...endless, instance('one', [['state']]), state], 'one-measures').should.eql(['state'])
    })
  })

  it('take junk for no wires', () => {
    const junk = [
      node('a', 'link out', { links: 7 }),
      node('b', 'link call', { links: null }),
      node('c', 'subflow:none', { wires: 'x' }),
      { id: 'sub', type: 'subflow', in: [null, { wires: [null, { id: 3 }] }], out: 'x' },
      node('d', 'subflow:sub', { wires: [null, ['a', 5]] })
    ]
    reached([tab, measures(['a', 'b', 'c', 'd', 'nowhere']), ...junk]).should.have.length(4)
  })
})
