import { decimalText } from './decimal'
import type { ExpectedReading, Person } from './types'

const wholeBody = 7

/** Every measure of every real group (goals are not), equal twins of one group once. */
export function expectedReadings(person: Person): ExpectedReading[] {
  return person.groups
    .filter(group => group.category === 1)
    .flatMap(group => {
      const readings = new Map<string, ExpectedReading>()
      for (const { type, value, unit, position } of group.measures) {
        const reading = {
          meastype: type,
          value: decimalText(value, unit),
          position: position === undefined || position === wholeBody ? null : position,
          attrib: group.attrib,
          date: group.date,
          grpid: group.grpid,
          deviceId: group.deviceid
        }
        readings.set(`${type}/${reading.position}/${reading.value}`, reading)
      }
      return [...readings.values()]
    })
}
