import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Announcement, Announcer } from '../../../../lib/gladys/discovery/announcer'
import type { Naming } from '../../../../lib/gladys/model/names'
import { parseInput } from '../../../support/parse-input'

interface Payload {
  device: Record<string, unknown>
  origin: { name: string }
  components: Record<string, Record<string, unknown>>
}

const naming: Naming = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
const reading = (type: string, more: object = {}): object => ({
  type,
  value: 80,
  unit: 'kg',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date: '2026-11-22T12:00:00Z',
  ...more
})
const device = {
  id: 'abc',
  userId: '12',
  battery: 'high',
  batteryLevel: 90,
  model: 'Body Scan',
  lastSeen: null
}

describe('Gladys discovery', () => {
  let directory: string
  let file: string
  let announcer: Announcer
  let refusals: string[]

  const start = (): Announcer => new Announcer(file, reason => refusals.push(reason))
  function announce(payload: unknown, how: Naming = naming): Announcement {
    const announcement = announcer.announce(parseInput(payload), how)
    announcement.commit()
    return announcement
  }
  function payloadOf({ configs }: Announcement): Payload {
    configs.length.should.equal(1)
    return JSON.parse(configs[0]!.payload) as Payload
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-discovery-'))
    file = join(directory, 'deep', 'announced.json')
    refusals = []
    announcer = start()
  })
  afterEach(() => {
    refusals.should.eql([])
    rmSync(directory, { recursive: true, force: true })
  })

  it('announces a device with all its components, retained', () => {
    const announcement = announce([reading('weight'), reading('fat_ratio', { unit: '%' }), device])
    announcement.configs[0]!.should.match({
      topic: 'homeassistant/device/withings-12-abc/config',
      retain: true
    })
    payloadOf(announcement).should.eql({
      device: {
        identifiers: ['withings-12-abc'],
        name: 'Body Scan (Ada)',
        manufacturer: 'Withings',
        model: 'Body Scan'
      },
      origin: { name: 'node-red-withings' },
      components: {
        weight: {
          platform: 'sensor',
          name: 'Weight (kg)',
          unique_id: 'withings-12-abc_weight',
          state_topic: 'withings/12/abc/weight',
          device_class: 'weight',
          unit_of_measurement: 'kg',
          state_class: 'measurement',
          icon: 'mdi:scale-bathroom'
        },
        fat_ratio: {
          platform: 'sensor',
          name: 'Fat ratio',
          unique_id: 'withings-12-abc_fat_ratio',
          state_topic: 'withings/12/abc/fat_ratio',
          unit_of_measurement: '%',
          state_class: 'measurement',
          icon: 'mdi:percent'
        },
        battery: {
          platform: 'sensor',
          name: 'Battery',
          unique_id: 'withings-12-abc_battery',
          state_topic: 'withings/12/abc/battery',
          device_class: 'battery',
          unit_of_measurement: '%',
          state_class: 'measurement',
          icon: 'mdi:battery'
        }
      }
    })
    announcement.created.should.eql([
      'homeassistant:withings-12-abc',
      'homeassistant:withings-12-abc:sensor:withings-12-abc:weight',
      'homeassistant:withings-12-abc:sensor:withings-12-abc:fat_ratio',
      'homeassistant:withings-12-abc:sensor:withings-12-abc:battery'
    ])
  })

  it('says the same thing once', () => {
    announce(reading('weight'))
    announce(reading('weight')).should.match({ configs: { length: 0 }, created: { length: 0 } })
  })

  it('announces the longer list when a type is new, and only that as created', () => {
    announce(reading('weight'))
    const second = announce(reading('fat_mass'))
    Object.keys(payloadOf(second).components).should.eql(['weight', 'fat_mass'])
    second.created.should.eql(['homeassistant:withings-12-abc:sensor:withings-12-abc:fat_mass'])
  })

  it('never announces a shorter list after a restart', () => {
    announce([reading('weight'), reading('segment_fat_mass', { position: 'torso' })])
    announcer = start()
    const again = announce(reading('fat_mass'))
    Object.keys(payloadOf(again).components).should.eql(['weight', 'segment_fat_mass_torso', 'fat_mass'])
    payloadOf(again).components['segment_fat_mass_torso']!['name']!.should.equal(
      'Segment fat mass, torso (kg)'
    )
    again.created.should.eql(['homeassistant:withings-12-abc:sensor:withings-12-abc:fat_mass'])
  })

  it('keeps the name of what was announced before its unit was known', () => {
    const formerly = { urine_calcium: 'Urine calcium', elevation: 'Elevation' }
    announce([reading('urine_calcium', { unit: null }), reading('elevation', { unit: null })])
    announcer = start()
    const { components } = payloadOf(
      announce([reading('urine_calcium', { unit: 'mmol/L' }), reading('elevation', { unit: 'm' })])
    )
    for (const [type, name] of Object.entries(formerly)) {
      components[type]!.should.have.property('name', name)
      components[type]!.should.not.have.properties('unit_of_measurement')
      components[type]!.should.not.have.properties('device_class')
    }
    const creatinine = payloadOf(announce([reading('urine_creatinine', { unit: 'mmol/L' })])).components
    creatinine.urine_creatinine!.should.match({
      name: 'Urine creatinine (mmol/L)',
      unit_of_measurement: 'mmol/L'
    })
    const workout = payloadOf(announce([reading('workout_elevation', { unit: 'm' })])).components
    workout.workout_elevation!.should.match({ name: 'Workout elevation (m)', unit_of_measurement: 'm' })
  })

  it('announces again after a restart, as nothing new', () => {
    announce(reading('weight'))
    announcer = start()
    const again = announce(reading('weight'))
    again.configs.length.should.equal(1)
    again.created.should.eql([])
  })

  it('announces with the first item after a restart all that it remembers, each once', () => {
    const before = [
      announce(reading('weight'), { ...naming, personOf: () => 'Bob' }),
      announce(reading('weight', { deviceId: 'forgotten' })),
      announce(reading('weight', { deviceId: 'def' }))
    ]
    const [abc, , def] = before.map(({ configs }) => configs[0])
    announcer.withdraw('withings-12-forgotten')
    announcer = start()
    announce({ device: 'mine', feature: 'mine:x', value: 1 }).configs.should.eql([])
    announce(reading('weight', { deviceId: 'def' })).should.match({
      configs: [def, abc],
      created: { length: 0 }
    })
    announce(reading('weight', { deviceId: 'def' })).configs.should.eql([])
    announcer = start()
    const { configs } = announcer.announce(parseInput(reading('weight', { deviceId: 'def' })), naming)
    announce(reading('weight', { deviceId: 'def' })).configs.should.eql(configs)
    announcer.sent().length.should.equal(2)
  })

  it('remembers nothing of what was not accepted', () => {
    announcer.announce(parseInput(reading('weight')), naming)
    announce(reading('weight')).created.length.should.equal(2)
  })

  it('keeps two people on one scale apart', () => {
    const { configs } = announce([reading('weight'), reading('weight', { userId: '13' })], {
      ...naming,
      personOf: userId => (userId === '12' ? 'Ada' : 'Bob')
    })
    configs
      .map(({ payload }) => (JSON.parse(payload) as Payload).device['name'])
      .should.eql(['Body Scan (Ada)', 'Body Scan (Bob)'])
  })

  it('names a device without a person, and what belongs to no device', () => {
    payloadOf(announce(reading('weight'), { ...naming, personOf: () => undefined })).device[
      'name'
    ]!.should.equal('Body Scan')
    const manual = payloadOf(announce(reading('weight', { deviceId: null, model: null })))
    manual.device.should.eql({
      identifiers: ['withings-12-manual'],
      name: 'Manual entries (Ada)',
      manufacturer: 'Withings'
    })
    manual.components['weight']!['state_topic']!.should.equal('withings/12/manual/weight')
  })

  it('learns the model later and does not forget it', () => {
    payloadOf(announce(reading('weight', { model: null }))).device['name']!.should.equal('Withings (Ada)')
    payloadOf(announce(reading('weight'))).device['name']!.should.equal('Body Scan (Ada)')
    announce(reading('weight', { model: null })).configs.should.eql([])
  })

  it('keeps a model in words, whatever else it is told', () => {
    const named = (model: string | null): unknown => {
      const { configs } = announce(reading('weight', { model }))
      return configs.length === 0 ? undefined : payloadOf({ configs } as Announcement).device['name']
    }
    const names = ['Withings 13', 'Withings', 'Body+', 'Withings 13', null, 'Body Scan'].map(named)
    names.should.eql(['Withings 13 (Ada)', undefined, 'Body+ (Ada)', undefined, undefined, undefined])
  })

  it('tells two people on one scale apart by their ids when nobody named them', () => {
    const unnamed = { ...naming, personOf: () => undefined }
    const names = (payload: unknown): unknown[] =>
      announce(payload, unnamed).configs.map(({ payload }) => (JSON.parse(payload) as Payload).device['name'])
    names([reading('weight'), reading('weight', { userId: '13' })]).should.eql([
      'Body Scan',
      'Body Scan (13)'
    ])
    announcer = start()
    // Each time the one of the reading comes first, and then what is remembered of the other.
    names(reading('weight')).should.eql(['Body Scan', 'Body Scan (13)'])
    announcer = start()
    names(reading('weight', { userId: '13' })).should.eql(['Body Scan (13)', 'Body Scan'])
    names(reading('weight', { userId: '13', deviceId: 'def' })).should.eql(['Body Scan'])
  })

  it('announces a night in its units, and somebody in bed as occupancy', () => {
    const mat = { deviceId: 'mat', model: 'Sleep Analyzer' }
    const { components } = payloadOf(
      announce({
        ...{ userId: '12', deviceId: 'mat' },
        readings: [
          reading('deep_sleep_duration', { ...mat, unit: 's' }),
          reading('sleep_score', { ...mat, unit: 'points' }),
          reading('in_bed', { ...mat, unit: null, value: 1 })
        ]
      })
    )
    components['deep_sleep_duration']!.should.match({
      platform: 'sensor',
      name: 'Deep sleep duration (s)',
      device_class: 'duration',
      unit_of_measurement: 's',
      state_class: 'measurement'
    })
    components['sleep_score']!.should.not.have.property('device_class')
    components['in_bed']!.should.eql({
      platform: 'binary_sensor',
      name: 'In bed',
      unique_id: 'withings-12-mat_in_bed',
      state_topic: 'withings/12/mat/in_bed',
      device_class: 'occupancy',
      payload_on: '1',
      payload_off: '0',
      icon: 'mdi:bed'
    })
  })

  it('announces nothing for what never gives a state', () => {
    const unknown = { ...device, battery: 'unknown', batteryLevel: null }
    announce([
      unknown,
      reading('ecg', { value: 'sinus' }),
      reading('workout_type', { value: 'Walk' }),
      { device: 'a', feature: 'b', value: 1 }
    ]).should.match({
      configs: { length: 0 },
      created: { length: 0 }
    })
  })

  it('starts anew from a damaged memory', () => {
    announce(reading('weight'))
    for (const content of ['{"withings-12-abc": nul', 'null', '[]', '{"withings-12-abc": null}']) {
      writeFileSync(file, content)
      announcer = start()
      announce(reading('fat_mass')).created.length.should.equal(2)
    }
  })

  it('says so once when it cannot be kept, and goes on', () => {
    writeFileSync(join(directory, 'deep'), 'a file where a directory should be')
    announce(reading('weight'))
    announce(reading('fat_mass')).created.length.should.equal(1)
    refusals.length.should.equal(1)
    rmSync(join(directory, 'deep'))
    announce(reading('bone_mass'))
    announcer = start()
    announce(reading('weight')).created.should.eql([])
    refusals.length.should.equal(1)
    rmSync(join(directory, 'deep'), { recursive: true })
    writeFileSync(join(directory, 'deep'), 'again')
    announce(reading('muscle_mass'))
    refusals.length.should.equal(2)
    refusals = []
  })
})
