import type { Overview, OverviewRules } from '../lib/gladys/overview/types'
import type { Translate } from '../nodes/form.editor'
import { morph } from './morph.editor'

type Choice = OverviewRules['choices'][number]
type Chosen = Partial<Record<OverviewRules['subject'], string>>

/** Says by which rules an import tells what the flow does not decide, and lets people choose others. */
export class ImportRules {
  private overview: Overview | undefined
  /** By Gladys device node, account and part of the history: the id of the choice. */
  private readonly chosen = new Map<string, string>()

  constructor(
    private readonly place: JQuery,
    private readonly t: Translate
  ) {
    place.on('change', 'select', event => {
      const select = $(event.currentTarget)
      this.chosen.set(select.attr('data-key') ?? '', String(select.val()))
    })
  }

  show(overview: Overview): void {
    this.overview = overview
    const wanted = $('<div>').append(
      ...overview.accounts.flatMap(({ id, name }) => this.ofAccount(id, name || this.t('unnamed')))
    )
    const [place] = this.place.get()
    const [fresh] = wanted.get()
    if (!place || !fresh) return
    fresh.className = place.className
    morph(place, fresh)
    this.place.find('select').each((_, element) => {
      const select = $(element)
      const known = this.chosen.get(select.attr('data-key') ?? '')
      const isThere = select.find('option').filter((_index, option) => $(option).val() === known).length > 0
      if (known !== undefined && isThere) select.val(known)
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
    const parts = usual.map(({ subject }) => this.partOf(subject)).join(', ')
    return [
      ...open.map(rules => this.question(rules, person)),
      ...(parts === '' ? [] : [$('<p>').text(this.t('rules.usual', { person, parts }))])
    ]
  }

  private question(rules: OverviewRules, person: string): JQuery {
    const key = this.keyOf(rules)
    const words = { person, part: this.partOf(rules.subject) }
    const select = $('<select>').attr('data-key', key)
    select.append(...rules.choices.map(choice => $('<option>').val(choice.id).text(this.wordsOf(choice))))
    return $('<label>')
      .attr('data-key', key)
      .text(this.t(`rules.${rules.because}`, words))
      .append(select)
  }

  private partOf(subject: OverviewRules['subject']): string {
    return this.t(`chapter.${subject === 'sleep' ? 'nights' : subject}`)
  }

  private wordsOf({ id, name, rules }: Choice): string {
    const { t } = this
    const details = [
      t(`rules.${rules.units}`),
      ...('external' in rules ? [t(`rules.${rules.external}`)] : []),
      ...('napHours' in rules ? [t('rules.night', { ...rules })] : [])
    ].join(', ')
    if (id === 'default') return t('rules.default', { details })
    return name === '' ? t('rules.unnamed', { details }) : `${name}: ${details}`
  }
}
