import { asNumber, asText, type JsonObject } from '../../base/json'
import { exactDecimal } from './decimal'
import type { Reading } from './reading'

/** A field of an answer, and the reading that it becomes. */
export interface Field {
  /** Withings' name, also the one in `data_fields`. */
  key: string
  type: string
  unit: string | null
  /** 0 stands for "not measured" (withings-api.md §5.1, §5.3). */
  zeroIsNone?: true
  /** Measured only where one of these keys is neither absent nor 0. */
  measuredWith?: readonly string[]
  /** The value counts in this power of ten of the unit. */
  exponent?: number
  /** The value is a word. */
  isText?: true
}

/** `data_fields` that asks for all of them; without it Withings leaves most out (withings-api.md §5.3, §6.2). */
export function dataFields(fields: readonly Field[]): string {
  return fields.map(({ key }) => key).join(',')
}

/** The readings of those fields that were measured, in the order of the table. */
export function readingsOf(
  fields: readonly Field[],
  data: JsonObject,
  shared: Omit<Reading, 'type' | 'value' | 'unit'>
): Reading[] {
  const readings: Reading[] = []
  for (const field of fields) {
    const value = field.isText ? asText(data[field.key]) : numberOf(field, data)
    if (value !== undefined) readings.push({ type: field.type, value, unit: field.unit, ...shared })
  }
  return readings
}

function numberOf(field: Field, data: JsonObject): number | undefined {
  const { key, exponent = 0, zeroIsNone, measuredWith } = field
  if (measuredWith && !measuredWith.some(other => asNumber(data[other]))) return undefined
  const number = asNumber(data[key])
  if (number === undefined || (zeroIsNone && number === 0)) return undefined
  // Beyond the largest number there is no value.
  return asNumber(exactDecimal(number, exponent))
}
