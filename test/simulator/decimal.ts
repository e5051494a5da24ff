/** mantissa × 10^exponent as decimal text, by moving the point in the text: no floating point involved. */
export function decimalText(mantissa: number, exponent: number): string {
  const sign = mantissa < 0 ? '-' : ''
  const digits = String(Math.abs(mantissa))
  if (exponent >= 0) {
    return digits === '0' ? '0' : sign + digits + '0'.repeat(exponent)
  }
  const padded = digits.padStart(1 - exponent, '0')
  const whole = padded.slice(0, exponent)
  const fraction = padded.slice(exponent).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return text === '0' ? '0' : sign + text
}
