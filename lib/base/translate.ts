import type english from '../../locales/en-US/errors.json'
import { asObject, asText } from './json'

/** Text of the catalogue under `withings.<key>`; undefined where there is none. */
export type Translate = (key: string, params: Readonly<Record<string, string | number>>) => string | undefined

/** A key of `withings.detail` of the catalogues. */
export type TextKey = keyof (typeof english)['withings']['detail']

/** A text in no language yet. */
export interface Text {
  readonly key: TextKey
  readonly params?: Params
}

/** Why something failed; a string is shown as it is: somebody else says so. */
export type Reason = Text | string

/** What the blanks of a text are filled with. */
export type Params = Readonly<Record<string, number | Reason>>

/** What is wrong: the sentence of `code`, with the text of `key` in it; null: it has no blank for one. */
export interface Failure {
  readonly code: string
  readonly key: TextKey | null
  readonly params: Params
}

/** Keys whose way out is not that of their code, e.g. not to open the node: their sentence is `withings.advice`. */
const ADVICE: Partial<Record<TextKey, string>> = {
  notSaved: 'disk',
  settingsNotSaved: 'disk',
  noCalls: 'settings',
  clientId: 'clientId',
  clientSecret: 'clientSecret'
}

export function translateText(text: Reason, say: Translate): string {
  if (typeof text === 'string') return text
  const { key, params = {} } = text
  return say(`detail.${key}`, translateParams(params, say)) ?? key
}

export function translateParams(params: Params, say: Translate): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : translateText(value, say)
    ])
  )
}

/** The sentence that says what is wrong and what to do. */
export function translateFailure({ code, key, params }: Failure, say: Translate): string {
  const advice = key === null ? undefined : ADVICE[key]
  const detail = key === null ? '' : translateText({ key, params }, say)
  const sentence = advice === undefined ? `error.${code}` : `advice.${advice}`
  return say(sentence, { ...translateParams(params, say), detail }) ?? code
}

/** The texts of one catalogue, each a string with its blanks as `__name__`. */
export function translateBy(catalogue: unknown): Translate {
  return (key, params) => {
    const found = key.split('.').reduce<unknown>((part, name) => asObject(part)?.[name], catalogue)
    return asText(found)?.replace(/__(\w+?)__/g, (blank, name: string) => String(params[name] ?? blank))
  }
}
