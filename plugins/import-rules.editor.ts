import type { Overview, OverviewRules } from '../lib/gladys/overview/types'
import { morph } from './morph.editor'
import { t } from './sidebar-texts.editor'

type Choice = OverviewRules['choices'][number]
type Chosen = Partial<Record<OverviewRules['subject'], string>>

/** Says by which rules an import tells what the flow does not decide, and lets people choose others. */
export class ImportRules {
  private overview: Overview | undefined
  /** By Gladys device node, account and part of the history: the id of the choice. */
  private readonly chosen = new Map<string, string>()

  constructor(private readonly place: JQuery) {
    place.on('change', 'select', event => {
      const select = $(event.currentTarget)
      this.chosen.set(select.attr('data-key') ?? '', String(select.val()))
    })
  }

  show(overview: Overview): void {
    this.overview = overview
    const rules = overview.accounts.flatMap(({ id, name }) => this.ofAccount(id, name || t('unnamed')))
    morph(this.place, rules)
    this.place.find('select').each((_, select) => {
      const known = this.chosen.get($(select).attr('data-key') ?? '')
      if ([...select.options].some(({ value }) => value === known)) select.value = known ?? ''
    })
  }

  /** What was chosen for imports of this account, of what can be chosen now. */
  of(account: string): Chosen {
    const open = this.undecided(account).flatMap(rules => {
      const known = this.chosen.get(this.keyOf(rules))
      return rules.choices.some(({ id }) => id === known) ? [[rules.subject, known]] : []
    })
    return Object.fromEntries(open) as Chosen
  }

  private undecided(account: string): OverviewRules[] {
    const all = this.overview?.rules ?? []
    return all.filter(rules => rules.account === account && rules.because !== 'flow')
  }

  private keyOf({ account, subject }: OverviewRules): string {
    return [this.overview?.target, account, subject].join(' ')
  }

  private ofAccount(account: string, person: string): JQuery[] {
    const undecided = this.undecided(account)
    const open = undecided.filter(({ choices }) => choices.length > 1)
    const usual = undecided.filter(({ choices }) => choices.length === 1)
    const parts = usual.map(partOf).join(', ')
    return [
      ...open.map(rules => this.question(rules, person)),
      ...(parts === '' ? [] : [$('<p>').text(t('rules.usual', { person, parts }))])
    ]
  }

  private question(rules: OverviewRules, person: string): JQuery {
    const key = this.keyOf(rules)
    const options = rules.choices.map(choice => new Option(choiceInWords(choice), choice.id))
    const select = $('<select>').attr('data-key', key)
    select.append(...options)
    const text = t(`rules.${rules.because}`, { person, part: partOf(rules) })
    return $('<label>').attr('data-key', key).text(text).append(select)
  }
}

function partOf({ subject }: OverviewRules): string {
  return t(`chapter.${subject === 'sleep' ? 'nights' : subject}`)
}

function choiceInWords({ id, name, rules }: Choice): string {
  const details = [
    t(`rules.${rules.units}`),
    ...('external' in rules ? [t(`rules.${rules.external}`)] : []),
    ...('napHours' in rules ? [t('rules.night', { ...rules })] : [])
  ].join(', ')
  if (id === 'default') return t('rules.default', { details })
  return name === '' ? t('rules.unnamed', { details }) : `${name}: ${details}`
}
