import { type Reason, translateText } from '../../base/translate'
import { languageFor, textsIn } from '../i18n/texts'

export type CallbackOutcome =
  | 'linked'
  | 'denied'
  | 'stateUnknown'
  | 'otherUser'
  | 'otherAccount'
  | 'wrongSecret'
  | 'wrongClient'
  | 'codeOld'
  | 'wrongCallback'
  | 'unavailable'
  | 'notSaved'
  | 'refused'

export interface CallbackContent {
  outcome: CallbackOutcome
  /** Shown as text, worded in the language of the page where its catalogue has it. */
  detail?: Reason
  /** Name of the account node that has this Withings user; empty: it has none. */
  owner?: string
}

/**
 * The page that the popup ends on, in the first language of `Accept-Language` that has a catalogue below
 * `localesDir`. Whatever Withings or an attacker puts into the content stays text.
 */
export function callbackPage(
  localesDir: string,
  acceptLanguage: string | undefined,
  { outcome, detail = '', owner = '' }: CallbackContent
): string {
  const language = languageFor(localesDir, acceptLanguage)
  const say = textsIn(localesDir, language)
  const params = { detail: translateText(detail, say), owner: owner || (say('unnamedAccount', {}) ?? '') }
  const sentence = say(`callback.${outcome}`, params) ?? outcome
  const title = say('callback.title', {}) ?? 'Withings'
  return [
    '<!DOCTYPE html>',
    `<html lang="${escapeHtml(language)}">`,
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title></head>`,
    '<body style="font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em">',
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(sentence)}</p>`,
    '</body></html>'
  ].join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character] as string)
}
