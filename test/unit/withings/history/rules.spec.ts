import {
  chosenRules,
  decide,
  DEFAULT_RULES,
  DROPPED_RULES,
  optionsOf,
  parseRules,
  type RuleSource
} from '../../../../lib/withings/history/rules'

const measures = (id: string, units: 'metric' | 'imperial'): RuleSource => ({
  id,
  rules: { measures: { units } }
})
const kg = measures('kg', 'metric')
const lb = measures('lb', 'imperial')
const days: RuleSource = { id: 'days', rules: { days: { units: 'imperial', external: 'exclude' } } }
const about = (told: RuleSource[], others: RuleSource[] = told) =>
  decide(told, others).find(({ subject }) => subject === 'measures')!
const idsOf = ({ choices }: { choices: { id: string }[] }) => choices.map(({ id }) => id)

describe('the rules by which a history is told', () => {
  it('are those of the nodes that tell it', () => {
    about([lb], [kg, lb]).should.eql({
      subject: 'measures',
      because: 'flow',
      choices: [{ id: 'lb', rules: { units: 'imperial' } }]
    })
    const options = optionsOf(decide([lb, days], [lb, days]), {})
    options.should.eql({ ...DROPPED_RULES, ...lb.rules, ...days.rules })
  })

  it('are those of the first of several that agree', () => {
    const decision = about([lb, measures('other', 'imperial')])
    decision.because.should.equal('flow')
    idsOf(decision).should.eql(['lb'])
  })

  it('are a dropped node’s where several differ, and may be chosen', () => {
    const decision = about([lb, kg])
    decision.because.should.equal('differ')
    idsOf(decision).should.eql([DEFAULT_RULES, 'lb'])
    optionsOf([decision], {}).measures.should.eql({ units: 'metric' })
  })

  it('are a dropped node’s where none tells it, and those of the others may be chosen', () => {
    const decision = about([], [lb])
    decision.because.should.equal('none')
    idsOf(decision).should.eql([DEFAULT_RULES, 'lb'])
    optionsOf([decision], {}).should.eql(DROPPED_RULES)
    idsOf(about([], [])).should.eql([DEFAULT_RULES])
  })

  it('are what somebody chose', () => {
    const decisions = decide([lb, kg], [])
    const chosen = chosenRules(decisions, { measures: 'lb' })!
    optionsOf(decisions, chosen).should.eql({ ...DROPPED_RULES, measures: { units: 'imperial' } })
    chosenRules(decisions, { measures: DEFAULT_RULES })!.should.eql({ measures: { units: 'metric' } })
    chosenRules(decisions, {})!.should.eql({})
    ;(chosenRules(decisions, { measures: 'elsewhere' }) === undefined).should.be.true()
  })

  it('can be written down and read', () => {
    parseRules(JSON.parse(JSON.stringify(DROPPED_RULES)))!.should.eql(DROPPED_RULES)
    parseRules({ measures: { units: 'cubits' }, days: 7 })!.should.eql({})
  })
})
