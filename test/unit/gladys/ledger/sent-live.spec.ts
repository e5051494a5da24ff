import { SentLedger } from '../../../../lib/gladys/ledger/sent-ledger'
import type { State } from '../../../../lib/gladys/model/states'

const date = Date.UTC(2026, 10, 22)
const stateOf = (feature: string, at: number): State => ({
  ...{ feature, date: date + at, value: 1 },
  ...{ liveTopic: '', historicalTopic: '', liveUntil: 0 }
})

describe('what Gladys got live', () => {
  it('is what went live since it has the feature; where nobody knows, nothing', async () => {
    const ledger = new SentLedger({
      directory: undefined,
      onVolatile: () => undefined,
      clock: { now: () => date }
    })
    const states = ['weight', 'score', 'steps'].flatMap(feature => [1, 2, 3].map(at => stateOf(feature, at)))
    for (const state of states) ledger.record(state, state.date === date + 3 ? 'historical' : 'live')
    const since = new Map([
      ['weight', -Infinity],
      ['score', date + 2]
    ])
    const live = await ledger.sentLive(states, feature => since.get(feature))
    ;[...live]
      .map(state => [state.feature, state.date - date])
      .should.eql([
        ['weight', 1],
        ['weight', 2],
        ['score', 2]
      ])
  })
})
