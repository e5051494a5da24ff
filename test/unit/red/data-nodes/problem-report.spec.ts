import { ProblemReport } from '../../../../lib/red/data-nodes/data-node'
import type { Problem } from '../../../../lib/withings/sync/row'

const row: Problem = { place: 'measuregrps[3]', id: '9' }
const moved: Problem = { place: 'measuregrps[4]', id: '9' }
const list: Problem = { place: 'measuregrps' }

describe('the report of what cannot be read', () => {
  let report: ProblemReport
  const told = (problems: Problem[], asked = false): string | undefined => {
    try {
      report.report(problems, asked)
      return undefined
    } catch (error) {
      ;(error as object).should.match({ code: 'BAD_ANSWER', details: { detail: /./ } })
      return (error as { details: { detail: string } }).details.detail
    }
  }
  beforeEach(() => {
    report = new ProblemReport()
  })

  it('tells of a problem once while it lasts, wherever it stands', () => {
    ;[told([row]), told([moved]), told([moved, list]), told([list, row])].should.eql([
      'measuregrps[3]',
      undefined,
      'measuregrps',
      undefined
    ])
  })

  it('tells of a problem again that went away and came back', () => {
    ;[told([row, list]), told([]), told([list])].should.eql([
      'measuregrps[3], measuregrps',
      undefined,
      'measuregrps'
    ])
  })

  it('tells whoever asks that his answer is incomplete, but not of a row that he knows of', () => {
    ;[told([row, list], true), told([row, list], true), told([row, list])].should.eql([
      'measuregrps[3], measuregrps',
      'measuregrps',
      undefined
    ])
  })
})
