import { addressOfSource, configTopicOf, identifierOf } from '../../../../lib/gladys/model/external-ids'

const source = { userId: '12', deviceId: 'abc', type: 'segment_fat_mass', position: 'left_arm' }

describe('Gladys ids', () => {
  it('are our own where the device exists', () => {
    const device = 'mqtt:withings:12:abc'
    const feature = `${device}:segment_fat_mass:left_arm`
    addressOfSource(source, 'own').should.eql({
      device,
      feature,
      liveTopic: `gladys/master/device/${device}/feature/${feature}/state`,
      historicalTopic: `gladys/master/device/${device}/feature/${feature}/historical`
    })
    addressOfSource({ userId: '12', deviceId: null, type: 'weight' }, 'own').feature.should.equal(
      'mqtt:withings:12:manual:weight'
    )
    addressOfSource({ userId: '12', deviceId: 'abc', type: 'battery' }, 'own').feature.should.equal(
      `${device}:battery`
    )
  })

  it('are what Gladys derives from an announcement', () => {
    const device = 'homeassistant:withings-12-abc'
    const feature = `${device}:sensor:withings-12-abc:segment_fat_mass_left_arm`
    addressOfSource(source, 'discovery').should.eql({
      device,
      feature,
      liveTopic: 'withings/12/abc/segment_fat_mass/left_arm',
      historicalTopic: `gladys/master/device/${device}/feature/${feature}/historical`
    })
    addressOfSource({ userId: '12', deviceId: null, type: 'weight' }, 'discovery').liveTopic.should.equal(
      'withings/12/manual/weight'
    )
  })

  it('hold only what Gladys leaves as it is', () => {
    identifierOf('12', 'a:b.c').should.equal('withings-12-a-b-c')
    configTopicOf(identifierOf('12', null)).should.equal('homeassistant/device/withings-12-manual/config')
  })
})

describe('Gladys ids of what is no number', () => {
  it('make a bed an announced binary sensor', () => {
    addressOfSource({ userId: '12', deviceId: 'mat', type: 'in_bed' }, 'discovery').should.match({
      feature: 'homeassistant:withings-12-mat:binary_sensor:withings-12-mat:in_bed',
      liveTopic: 'withings/12/mat/in_bed'
    })
  })

  it('send words where Gladys takes words', () => {
    const feature = 'mqtt:withings:12:abc:workout_type'
    addressOfSource({ userId: '12', deviceId: 'abc', type: 'workout_type' }, 'own').should.match({
      feature,
      liveTopic: `gladys/master/device/mqtt:withings:12:abc/feature/${feature}/text`
    })
  })
})
