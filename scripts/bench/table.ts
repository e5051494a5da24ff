export type Row = readonly [what: string, value: string, note?: string]

/** Lines with aligned columns. */
export function tableOf(title: string, rows: readonly Row[]): string {
  const width = (column: 0 | 1) => Math.max(...rows.map(row => row[column].length))
  const lines = rows.map(([what, value, note = '']) =>
    `  ${what.padEnd(width(0))}  ${value.padStart(width(1))}  ${note}`.trimEnd()
  )
  return ['', title, ...lines].join('\n')
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
