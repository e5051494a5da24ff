/** Same seed and name, same history: every person draws from a stream of their own. */
export class Random {
  private state: number

  constructor(seed: number, name: string) {
    this.state = hash(`${seed}/${name}`) || 1
  }

  /** 0 ≤ x < 1 */
  next(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x >>> 0
    return this.state / 0x1_0000_0000
  }

  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** Bell-shaped around 0, within ±width. */
  around(width: number): number {
    return ((this.next() + this.next() + this.next()) / 1.5 - 1) * width
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.integer(0, 15).toString(16)).join('')
  }
}

/** 32 bits that look unrelated for neighbouring texts. */
export function hash(text: string): number {
  let value = 0x9e3779b9
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x85ebca6b)
    value = (value ^ (value >>> 15)) >>> 0
  }
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
