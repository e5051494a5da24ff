import should from 'should'
import { statusClass, type StatusClass } from '../../../../lib/withings/api/envelope'
import { bodyPosition } from '../../../../lib/withings/readings/body-positions'
import { modelName } from '../../../../lib/withings/readings/device-models'
import { attribName } from '../../../../lib/withings/readings/provenance'

describe('body positions', () => {
  it('have the documented names', () => {
    Array.from({ length: 32 }, (_, position) => bodyPosition(position)).should.eql([
      'right_wrist',
      'left_wrist',
      'right_arm',
      'left_arm',
      'right_foot',
      'left_foot',
      'between_legs',
      undefined,
      'left_part_of_body',
      'right_part_of_body',
      'left_leg',
      'right_leg',
      'torso',
      'left_hand',
      'right_hand',
      'cardiac_aortic_area',
      'cardiac_pulmonic_area',
      'cardiac_tricuspid_area',
      'cardiac_mitral_area',
      'cardiac_apex',
      'lung_front_upper_right',
      'lung_front_upper_left',
      'lung_front_bottom_right',
      'lung_front_bottom_left',
      'lung_back_upper_left',
      'lung_back_upper_right',
      'lung_back_bottom_left',
      'lung_back_bottom_right',
      'wide_mode',
      'between_arms',
      'hold_right',
      'hold_left'
    ])
  })

  it('pass unknown numbers through', () => {
    should(bodyPosition(32)).equal('position_32')
    should(bodyPosition(-1)).equal('position_-1')
  })
})

describe('sources', () => {
  it('have the documented names, and one for any other number', () => {
    const numbers = [0, 1, 2, 3, 4, 5, 7, 8, 15, 17, 6, 10, 10_009, -1]
    numbers
      .map(attribName)
      .should.eql([
        'device',
        'ambiguous',
        'manual',
        'claimed',
        'account_creation',
        'best_of',
        'confirmed',
        'device',
        'guided',
        'guided',
        'attrib_6',
        'attrib_10',
        'attrib_10009',
        'attrib_-1'
      ])
  })
})

describe('device models', () => {
  it('have names, never an empty one', () => {
    modelName(10).should.equal('Body Scan')
    modelName(45).should.equal('BPM Connect')
    modelName(70).should.equal('Thermo')
    modelName(999_999).should.equal('Withings 999999')
    for (let id = 0; id <= 1100; id += 1) modelName(id).should.not.equal('')
  })

  it('tell the ambiguous id 13 apart by the kind of device', () => {
    modelName(13, 'scale').should.equal('Body+')
    modelName(13, 'sleep_monitor').should.equal('Sleep Analyzer')
    modelName(13, 'gateway').should.equal('Withings 13')
    modelName(13).should.equal('Withings 13')
  })
})

describe('statuses', () => {
  const classes: [StatusClass, number[]][] = [
    ['ok', [0]],
    ['renew', [100, 101, 102, 200, 401]],
    ['login', [214, 277, 2553]],
    ['scope', [403]],
    ['pause', [601]],
    ['retry', [522, 524, 602, 2555]],
    ['refused', [201, 293, 342, 503, 2554, 2556, 10_000, 354, -1]]
  ]
  for (const [name, statuses] of classes)
    it(`${statuses.join(', ')} mean "${name}"`, () => {
      new Set(statuses.map(statusClass)).should.eql(new Set([name]))
    })
})
