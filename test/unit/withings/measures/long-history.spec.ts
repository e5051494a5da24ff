import type { MeasureGroup } from '../../../../lib/withings/measures/decode'
import { deliveryOf, messagesOf, selectReadings } from '../../../../lib/withings/measures/messages'
import { watchTurns } from '../../../support/turns'

describe('the messages of a long history', () => {
  const group = (index: number): MeasureGroup => {
    const date = new Date(Date.UTC(2020, 0, 1) + index * 3_600_000).toISOString()
    const shared = {
      date,
      userId: '12',
      deviceId: 'cuff',
      model: null,
      groupId: String(index),
      modified: date
    }
    const source = index % 5 === 0 ? 'ambiguous' : 'device'
    const readings = [
      { ...shared, type: 'systolic_blood_pressure', value: 110 + (index % 70), unit: 'mmHg', source },
      { ...shared, type: 'diastolic_blood_pressure', value: 70 + (index % 40), unit: 'mmHg', source }
    ]
    return { id: String(index), modified: index + 1, timezone: undefined, readings }
  }
  const groups = Array.from({ length: 2_345 }, (_, index) => group(index))

  for (const output of ['each', 'batch', 'latest'] as const)
    it(`are the same as those that are made at once: ${output}`, async () => {
      const delivery = { device: '', types: [], output, ambiguous: 'exclude', units: 'metric' } as const
      const { readings, heldBack } = selectReadings(groups, delivery)
      const delivered = await deliveryOf(groups, '12', delivery, 'no diagnosis')
      delivered.messages.should.eql(messagesOf(readings, '12', output, 'no diagnosis'))
      delivered.should.match({ count: readings.length, heldBack })
      delivered.seen.map(({ date, source }) => [date.slice(0, 10), source]).should.have.length(4)
    })

  it('let other work have its turn while they are made', async () => {
    const turns = watchTurns()
    const delivery = {
      device: '',
      types: [],
      output: 'batch',
      ambiguous: 'include',
      units: 'metric'
    } as const
    await deliveryOf(groups, '12', delivery, '')
    turns().count.should.be.above(1)
  })
})
