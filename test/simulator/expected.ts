import { decimalText } from './decimal'
import type { ExpectedReading, Measure, MeasureGroup, Person } from './types'

const wholeBody = 7
const betweenLegs = 6
const segmentTypes = [173, 174, 175]
const fatTypes = [6, 8]
const fatFreeMass = 5
const intervalTypes = [135, 136, 137, 138]

/** Every measure of every real group (goals are not), equal twins of one group once. */
export function expectedReadings(person: Person): ExpectedReading[] {
  return person.groups
    .filter(group => group.category === 1)
    .flatMap(group => {
      const readings = new Map<string, ExpectedReading>()
      for (const each of group.measures) {
        const reading = {
          meastype: each.type,
          value: valueOf(each),
          position: positionOf(each),
          attrib: group.attrib,
          inconclusive: group.is_inconclusive === true,
          date: group.date,
          grpid: group.grpid,
          deviceId: group.deviceid
        }
        if (wasMeasured(each, group)) {
          readings.set(`${each.type}/${reading.position}/${reading.value}`, reading)
        }
      }
      return [...readings.values()]
    })
}

/** Fat of 0 is none that was measured, and without any the mass free of it is the weight. */
function wasMeasured({ type, value }: Measure, { measures }: MeasureGroup): boolean {
  if (fatTypes.includes(type)) {
    return value !== 0
  }
  const fat = measures.filter(other => fatTypes.includes(other.type))
  return type !== fatFreeMass || fat.length === 0 || fat.some(other => other.value !== 0)
}

function positionOf({ type, position = wholeBody }: Measure): number | null {
  const whole = position === wholeBody || (position === betweenLegs && !segmentTypes.includes(type))
  return whole ? null : position
}

function valueOf({ type, value, unit }: Measure): string {
  const text = decimalText(value, unit)
  return intervalTypes.includes(type) && Number(text) < 5 ? decimalText(value, unit + 3) : text
}
