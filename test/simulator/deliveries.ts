import type { NotifyDesk } from './notify'
import { Random } from './random'

/** What happens to the notifications on their way (withings-api.md §10.5). */
export interface Weather {
  seed: number
  /** How likely each is lost, comes twice, or is overtaken by the next one; from 0 to 1. */
  lost?: number
  twice?: number
  overtaken?: number
}

export type Form = Record<string, string>

/** In the order in which they arrive: some not at all, some twice, some after a later one. */
export function inWeather<T>(forms: readonly T[], weather: Weather): T[] {
  const { seed, lost = 0, twice = 0, overtaken = 0 } = weather
  const random = new Random(seed, 'deliveries')
  const arriving = forms.filter(() => !random.chance(lost))
  for (let index = 0; index + 1 < arriving.length; index += 1) {
    if (random.chance(overtaken)) {
      const [one, other] = [arriving[index] as T, arriving[index + 1] as T]
      arriving[index] = other
      arriving[index + 1] = one
    }
  }
  return arriving.flatMap(form => (random.chance(twice) ? [form, form] : [form]))
}

/** Posts to all who subscribed; gives the HTTP codes, 0 where nobody answered. */
export async function deliver(desk: NotifyDesk, userId: string, form: Form): Promise<number[]> {
  const callbacks = desk.of(userId).filter(({ appli }) => String(appli) === form.appli)
  const answers = await Promise.all(
    callbacks.map(({ callbackUrl }) => desk.call(callbackUrl, 'POST', { userid: userId, ...form }))
  )
  return answers.map(answer => answer?.status ?? 0)
}

/** Again and again until everybody took it, as Withings does with longer pauses. */
export async function deliverUntilTaken(
  desk: NotifyDesk,
  userId: string,
  form: Form,
  pause: () => Promise<void>
): Promise<void> {
  for (;;) {
    const codes = await deliver(desk, userId, form)
    if (codes.length > 0 && codes.every(code => code > 0 && code < 400)) {
      return
    }
    await pause()
  }
}
