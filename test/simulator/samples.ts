import { deviceId, type Profile } from './profiles'
import { Random } from './random'
import type { JsonObject } from './types'
import { dayIn, midnightIn } from './zones'

const day = 86_400
const slot = 600

const devices: Record<Profile['movement']['counter'], (seed: number) => JsonObject> = {
  scanwatch: seed => ({ deviceid: deviceId(seed, 'scanwatch'), model: 'ScanWatch', model_id: 93 }),
  phone: () => ({ deviceid: null, model: 'Android step tracker', model_id: 1053 }),
  google: () => ({ deviceid: null, model: 'GoogleFit tracker', model_id: 1055 })
}

/** Each tells only what was measured at its moment: by day steps, by a watch the heart, at night HRV. */
export function samplesOf(
  { name, timezone, movement }: Profile,
  seed: number,
  now: number,
  days: number
): Map<number, JsonObject> {
  const random = new Random(seed, `samples ${name}`)
  const device = devices[movement.counter](seed)
  const hasHeart = movement.counter === 'scanwatch'
  const samples = new Map<number, JsonObject>()
  for (let time = Math.ceil((now - days * day) / slot) * slot; time <= now - 300; time += slot) {
    const hour = Math.floor((time - midnightIn(timezone, dayIn(timezone, time))) / 3600)
    const walks = hour >= 7 && hour < 22 && random.chance(0.4)
    const steps = random.integer(4, 600)
    const fields: JsonObject = {
      ...(walks && {
        steps,
        duration: 60,
        distance: Math.round(steps * 7.3) / 10,
        calories: Math.round(steps * 0.37) / 10,
        elevation: random.integer(0, 9)
      }),
      ...(hasHeart && { heart_rate: random.integer(48, 118) }),
      ...(hasHeart && hour < 6 && { rmssd: random.integer(18, 70), sdnn1: random.integer(20, 90) }),
      ...(hasHeart && hour === 3 && random.chance(0.3) && { spo2_auto: random.integer(93, 99) })
    }
    if (Object.keys(fields).length > 0) {
      samples.set(time, { ...device, ...fields })
    }
  }
  return samples
}
