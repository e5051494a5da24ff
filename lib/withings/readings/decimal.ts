import { asInteger, asNumber, type JsonObject } from '../../base/json'

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * `mantissa` · 10^`exponent` as the closest double, so that 82050 · 10^-3 is 82.05. Powers of ten up to 22 and
 * safe integers are exact as doubles, hence one division or product rounds once and correctly; anything else
 * goes through the decimal text, which JavaScript reads exactly as well.
 */
export function exactDecimal(mantissa: number, exponent: number): number {
  if (exponent === 0) return mantissa
  if (Number.isSafeInteger(mantissa)) {
    if (exponent < 0 && exponent >= -22) return mantissa / (POWERS_OF_TEN[-exponent] as number)
    if (exponent > 0 && exponent <= 22) return mantissa * (POWERS_OF_TEN[exponent] as number)
  }
  const [digits, shift = '0'] = String(mantissa).split('e') as [string, string?]
  return Number(`${digits}e${Number(shift) + exponent}`)
}

/** `{value, unit}` → `value` · 10^`unit`, as Withings writes numbers (withings-api.md §4.2); undefined for what is none. */
export function asDecimal({ value, unit }: JsonObject): number | undefined {
  const mantissa = asNumber(value)
  const exponent = asInteger(unit)
  if (mantissa === undefined || exponent === undefined) return undefined
  return asNumber(exactDecimal(mantissa, exponent))
}
