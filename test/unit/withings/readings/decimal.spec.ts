import { exactDecimal } from '../../../../lib/withings/readings/decimal'

/** The decimal text of mantissa · 10^exponent, made by moving the point between the digits. */
function shifted(mantissa: number, exponent: number): string {
  const sign = mantissa < 0 ? '-' : ''
  const digits = String(Math.abs(mantissa))
  if (exponent >= 0) return sign + digits + '0'.repeat(exponent)
  const padded = digits.padStart(1 - exponent, '0')
  const whole = padded.slice(0, exponent)
  const fraction = padded.slice(exponent).replace(/0+$/, '')
  return sign + (fraction === '' ? whole : `${whole}.${fraction}`)
}

/** What is not the closest double, or is not written with the same digits. */
function wrong(mantissa: number, exponent: number): string | undefined {
  const text = shifted(mantissa, exponent)
  const value = exactDecimal(mantissa, exponent)
  const exact = String(value) === text && Object.is(value, Number(text))
  return exact ? undefined : `${mantissa}e${exponent}: ${value} instead of ${text}`
}

function grams(step: number): number[] {
  const all: number[] = []
  for (let gram = 40_000; gram < 120_000; gram += step) all.push(gram)
  return all
}

describe('exactDecimal', () => {
  it('is exact for each of the 80,000 weights from 40.000 to 119.999 kg', () => {
    const weights = grams(1)
    weights.length.should.equal(80_000)
    weights.flatMap(gram => wrong(gram, -3) ?? []).should.eql([])
  })

  it('gives the same weight whatever the exponent', () => {
    const different = [
      ...grams(10).filter(gram => exactDecimal(gram / 10, -2) !== exactDecimal(gram, -3)),
      ...grams(1).filter(gram => exactDecimal(gram * 10, -4) !== exactDecimal(gram, -3)),
      ...grams(1000).filter(gram => exactDecimal(gram / 1000, 0) !== exactDecimal(gram, -3))
    ]
    different.should.eql([])
    grams(10)
      .flatMap(gram => wrong(gram / 10, -2) ?? [])
      .should.eql([])
    grams(1)
      .flatMap(gram => wrong(gram * 10, -4) ?? [])
      .should.eql([])
  })

  const others: [number, number, string][] = [
    [-5, -1, '-0.5'],
    [-36_654, -3, '-36.654'],
    [175, 1, '1750'],
    [12, 18, '12000000000000000000'],
    [0, -3, '0'],
    [0, 5, '0'],
    [-82, 0, '-82']
  ]
  for (const [mantissa, exponent, text] of others)
    it(`makes ${text} of ${mantissa} and ${exponent}`, () => {
      String(exactDecimal(mantissa, exponent)).should.equal(text)
    })

  const extremes: [number, number, number][] = [
    [1, 22, 1e22],
    [1, 23, 1e23],
    [3, -23, 3e-23],
    [123, -30, 1.23e-28],
    [1, 308, 1e308],
    [5, -324, 5e-324],
    [1, -400, 0],
    [1, 400, Infinity],
    [1.5, -3, 0.0015],
    [1e21, -21, 1],
    [1.5e-7, 7, 1.5],
    [9_007_199_254_740_994, -3, 9_007_199_254_740.994]
  ]
  for (const [mantissa, exponent, value] of extremes)
    it(`reads ${mantissa} · 10^${exponent} as JavaScript reads the text`, () => {
      exactDecimal(mantissa, exponent).should.equal(value)
    })
})
