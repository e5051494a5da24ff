import { worded } from '../details'
import { languageFor, textsIn } from './languages'

export type CallbackOutcome =
  | 'linked'
  | 'denied'
  | 'stateUnknown'
  | 'otherUser'
  | 'wrongSecret'
  | 'wrongClient'
  | 'codeOld'
  | 'wrongCallback'
  | 'unavailable'
  | 'notSaved'
  | 'refused'

/**
 * The page that the popup ends on, in the first language of `Accept-Language` that has a catalogue below
 * `localesDir`. `detail` is shown as text, worded in that language where the catalogue has it: whatever Withings or an
 * attacker puts there stays text.
 */
export function callbackPage(
  localesDir: string,
  acceptLanguage: string | undefined,
  outcome: CallbackOutcome,
  detail = ''
): string {
  const language = languageFor(localesDir, acceptLanguage)
  const say = textsIn(localesDir, language)
  const sentence = say(`callback.${outcome}`, { detail: worded(detail, say) }) ?? outcome
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
