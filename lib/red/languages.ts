import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Say } from '../details'
import { asObject, asText } from '../withings/json'

const DEFAULT_LANGUAGE = 'en-US'
const CATALOGUE = 'withings-account.json'

/** Where the build puts the catalogues. */
export const LOCALES = join(__dirname, '../../nodes/locales')

/** The first language of `Accept-Language` that has a catalogue below `localesDir`. */
export function languageFor(localesDir: string, acceptLanguage = ''): string {
  const available = languagesIn(localesDir)
  const wanted = acceptLanguage.split(',').map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  for (const tag of wanted) {
    const found = available.find(
      language =>
        language.toLowerCase() === tag || language.split('-')[0]?.toLowerCase() === tag.split('-')[0]
    )
    if (found !== undefined) return found
  }
  return DEFAULT_LANGUAGE
}

/**
 * The texts that all nodes share, in one language. Node-RED's own translation speaks the language of the server,
 * which need not be the one of who asks.
 */
export function textsIn(localesDir: string, language: string): Say {
  const texts = catalogueIn(localesDir, language)
  return (key, params) => {
    const found = key.split('.').reduce<unknown>((part, name) => asObject(part)?.[name], texts)
    return asText(found)?.replace(/__(\w+?)__/g, (blank, name: string) => String(params[name] ?? blank))
  }
}

function languagesIn(localesDir: string): string[] {
  try {
    return readdirSync(localesDir)
  } catch {
    return []
  }
}

function catalogueIn(localesDir: string, language: string): unknown {
  try {
    const catalogue: unknown = JSON.parse(readFileSync(join(localesDir, language, CATALOGUE), 'utf8'))
    return asObject(catalogue)?.withings
  } catch {
    return undefined
  }
}
