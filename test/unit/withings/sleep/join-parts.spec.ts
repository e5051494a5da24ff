import { joinParts } from '../../../../lib/withings/sleep/join-parts'
import { Random } from '../../../simulator/random'

describe('nights of one device', () => {
  interface Span {
    start: number
    end: number
    deviceId: string | null
    model: string | null
  }
  const minute = 60

  /** As the rule reads, each with all others. */
  function asWritten(rows: Span[], join: number): Span[][] {
    const sleeps: Span[][] = []
    for (const row of [...rows].sort((a, b) => a.start - b.start || a.end - b.end)) {
      const before = sleeps
        .filter(([first]) => first!.deviceId === row.deviceId)
        .filter(parts => parts.at(-1)!.end <= row.start && row.start - parts.at(-1)!.end < join * minute)
        .sort((a, b) => a.at(-1)!.end - b.at(-1)!.end)
        .at(-1)
      if (before) before.push(row)
      else sleeps.push([row])
    }
    return sleeps
  }
  const ends = (sleeps: readonly (readonly Span[])[]) =>
    sleeps.map(parts => parts.map(({ start, end }) => `${start}-${end}`).join()).sort()

  it('are joined as the rule says, however they lie', () => {
    for (let round = 0; round < 300; round += 1) {
      const random = new Random(round, 'nights')
      // No two end at once, for then it is all the same which of them goes on.
      const rows = Array.from({ length: random.integer(0, 25) }, (_, index): Span => {
        const start = random.integer(0, 3_000) * 32
        const deviceId = random.chance(0.5) ? 'mat' : null
        return { start, end: start + random.integer(0, 300) * 32 + index + 1, deviceId, model: null }
      })
      const join = random.integer(0, 90)
      ends(joinParts(rows, join)).should.eql(ends(asWritten(rows, join)))
    }
  })

  it('may all overlap', () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => ({
      start: index,
      end: 1_000_000 + index,
      deviceId: 'mat',
      model: null
    }))
    joinParts(rows, 30).should.have.length(60_000)
  })
})
