import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addressOfSource, configTopicOf, identifierOf } from '../../../../lib/gladys/model/external-ids'
import { FEATURE_ROWS } from '../../../../lib/gladys/model/feature-icons-and-ranges'
import { announcedName, featureName, nameWithUnit } from '../../../../lib/gladys/model/names'
import { mappingOf } from '../../../../lib/gladys/model/type-to-feature'
import { READING_TYPES } from '../../../../lib/withings/diagnostics/reading-types'
import { NAP } from '../../../../lib/withings/readings/reading'
import { unitKey } from '../../../../lib/withings/readings/units'
import { NIGHT_FIELDS } from '../../../../lib/withings/sleep/fields'

const source = { userId: '12', deviceId: 'abc', type: 'segment_fat_mass', position: 'left_arm' }
const fallbacks = (_key: string, fallback: string): string => fallback

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

describe('Gladys mapping', () => {
  const fallbackIcon = mappingOf('measure_999', null).icon

  for (const { type, unit } of [...READING_TYPES, { type: 'battery', unit: '%' }])
    it(`knows ${type}`, () => {
      const mapping = mappingOf(type, unit)
      mapping.icon.should.not.equal(fallbackIcon)
      mapping.max.should.be.above(mapping.min)
    })

  it('has no row that no reading uses', () => {
    const used = new Set([...READING_TYPES.map(({ type }) => type), 'battery'])
    ;[...FEATURE_ROWS.keys()].filter(type => !used.has(type)).should.eql([])
  })

  for (const language of ['en-US', 'fr', 'de']) {
    const texts = textsOf(language)

    it(`has a name of its own for every type in ${language}`, () => {
      const types = [...READING_TYPES.map(({ type }) => type), 'battery']
      types.filter(type => !texts.measure[type]).should.eql([])
      Object.keys(texts.measure).sort().should.eql(types.sort())
      new Set(Object.values(texts.measure)).size.should.equal(types.length)
    })

    it(`has a word for every unit that is one in ${language}`, () => {
      const words = [...new Set(READING_TYPES.map(({ unit }) => unit))].filter(
        unit => unit !== null && /[a-z]{5}|\/min$|\/h$/.test(unit) && !unit.startsWith('m')
      )
      words.should.containDeep(['years', 'steps', 'points', 'breaths/min'])
      words
        .map(unit => unitKey(unit as string))
        .sort()
        .should.eql(Object.keys(texts.unit).sort())
    })

    it(`has no name in ${language} that Gladys would cut off`, () => {
      const wording = (key: string, fallback: string): string => {
        const [kind, name] = key.split('.') as ['measure' | 'unit', string | undefined]
        return name === undefined ? texts.nap : (texts[kind][name] ?? fallback)
      }
      const naps = NIGHT_FIELDS.map(({ type, unit }) => ({ type: NAP + type, unit }))
      const names = [...READING_TYPES, ...naps].map(({ type, unit }) =>
        nameWithUnit(wording, featureName(wording, type), unit)
      )
      names.filter(name => name.startsWith(texts.nap)).length.should.equal(NIGHT_FIELDS.length)
      names.filter(name => name.length > 80).should.eql([])
    })
  }

  it('never takes blood pressure for air pressure', () => {
    ;(mappingOf('systolic_blood_pressure', 'mmHg').deviceClass === null).should.be.true()
  })

  it('picks category and unit of Gladys', () => {
    mappingOf('battery', '%').should.match({ category: 'battery', type: 'integer', unit: 'percent' })
    mappingOf('temperature', '°C').should.match({ category: 'temperature-sensor', unit: 'celsius' })
    mappingOf('temperature', '°F').should.match({ unit: 'fahrenheit', min: 86, max: 113 })
    mappingOf('height', 'm').should.match({ category: 'distance-sensor', unit: 'm' })
    mappingOf('fat_ratio', '%').should.match({ category: 'unknown', unit: 'percent' })
    mappingOf('weight', 'lb').should.match({ category: 'unknown', unit: null, max: 552 })
    mappingOf('deep_sleep_duration', 's').should.match({ category: 'duration', unit: 'seconds' })
    mappingOf('distance', 'mi').should.match({ category: 'distance-sensor', unit: 'mile', max: 32 })
    mappingOf('height', 'ft').should.match({ category: 'distance-sensor', unit: 'feet', max: 9 })
    mappingOf('pulse_wave_velocity', 'ft/s').should.match({ category: 'unknown', unit: null, max: 66 })
    mappingOf('in_bed', null).should.match({ category: 'motion-sensor', type: 'binary', unit: null, max: 1 })
    mappingOf('workout_type', null).should.match({ category: 'text', type: 'text', unit: null })
    mappingOf('sleep_score', 'points').should.match({ category: 'unknown', unit: null, max: 100 })
    mappingOf('nap_sleep_duration', 's').should.match({
      category: 'duration',
      max: 86_400,
      icon: 'mdi:sleep'
    })
    mappingOf('nap_sleep_core_body_temperature_status', null).should.match({ category: 'text' })
    mappingOf('constructor', null).should.match({ category: 'unknown', min: 0, max: 1000 })
  })

  it('names features with the unit where Gladys loses it', () => {
    announcedName(fallbacks, featureName(fallbacks, 'weight'), 'kg').should.equal('Weight (kg)')
    announcedName(fallbacks, featureName(fallbacks, 'fat_ratio'), '%').should.equal('Fat ratio')
    announcedName(fallbacks, featureName(fallbacks, 'nap_sleep_duration'), 's').should.equal(
      'Nap: Sleep duration (s)'
    )
    announcedName(fallbacks, featureName(fallbacks, 'steps'), 'steps').should.equal('Steps')
    announcedName(fallbacks, featureName(fallbacks, 'sleep_latency'), 's').should.equal('Sleep latency (s)')
    announcedName(fallbacks, featureName(fallbacks, 'visceral_fat'), null).should.equal('Visceral fat')
    announcedName(fallbacks, featureName(fallbacks, 'segment_fat_mass', 'left_arm'), 'kg').should.equal(
      'Segment fat mass, left arm (kg)'
    )
  })

  it('takes the words of the catalogue', () => {
    const german = (key: string): string => (key === 'measure.weight' ? 'Gewicht' : `[${key}]`)
    featureName(german, 'weight').should.equal('Gewicht')
    nameWithUnit(german, 'Atmung', 'breaths/min').should.equal('Atmung ([unit.breaths_per_min])')
    featureName(german, 'weight', 'torso').should.equal('Gewicht, [position.torso]')
  })
})

type Texts = Record<'measure' | 'unit', Record<string, string>> & { nap: string }

function textsOf(language: string): Texts {
  const file = join(__dirname, '../../../../locales', language, 'measures.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { withings: Texts }).withings
}
