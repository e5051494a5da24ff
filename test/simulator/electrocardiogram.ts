import { Random } from './random'

interface Electrocardiogram {
  seed: number
  /** Hz */
  frequency: number
  seconds: number
  /** bpm */
  rate: number
  isFibrillating: boolean
}

/** A wave of a heartbeat: when it peaks after the R wave and how wide it is, in seconds, and how high in µV. */
type Wave = [at: number, width: number, height: number]

const p: Wave = [-0.17, 0.025, 110]
const complex: Wave[] = [
  [-0.03, 0.009, -120],
  [0, 0.011, 1080],
  [0.03, 0.01, -240],
  [0.27, 0.05, 290]
]

/** Samples in µV: heartbeats, and nothing else. */
export function filtered(ecg: Electrocardiogram): number[] {
  const samples = new Float64Array(ecg.frequency * ecg.seconds)
  const waves = ecg.isFibrillating ? complex : [p, ...complex]
  for (const beat of beatsOf(ecg)) {
    for (const [at, width, height] of waves) addWave(samples, ecg.frequency, beat + at, width, height)
  }
  return Array.from(samples, Math.round)
}

/** The same as the electrodes saw it: breath moves the line, muscles and mains shake it. */
export function noisy(ecg: Electrocardiogram): number[] {
  const random = new Random(ecg.seed, 'noise')
  return filtered(ecg).map((sample, index) => {
    const time = index / ecg.frequency
    const breath = 60 * Math.sin(2 * Math.PI * 0.25 * time)
    const mains = 12 * Math.sin(2 * Math.PI * 50 * time)
    return Math.round(sample + breath + mains + random.around(20))
  })
}

function beatsOf({ seed, seconds, rate, isFibrillating }: Electrocardiogram): number[] {
  const random = new Random(seed, 'beats')
  const beats: number[] = []
  const pause = 60 / rate
  for (let at = 0.4; at < seconds; at += pause * (1 + random.around(isFibrillating ? 0.35 : 0.03)))
    beats.push(at)
  return beats
}

function addWave(samples: Float64Array, frequency: number, at: number, width: number, height: number): void {
  const first = Math.max(0, Math.floor((at - 4 * width) * frequency))
  const last = Math.min(samples.length - 1, Math.ceil((at + 4 * width) * frequency))
  for (let index = first; index <= last; index++) {
    const distance = (index / frequency - at) / width
    samples[index] = (samples[index] ?? 0) + height * Math.exp((-distance * distance) / 2)
  }
}
