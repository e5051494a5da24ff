import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImportStore, newRecord } from '../../../../lib/gladys/import/resume-store'

const record = (id: string) =>
  newRecord({ id, node: 'n', account: 'a', userId: '12', deviceId: null, from: null }, Date.now())

describe('records of imports', () => {
  let directory: string
  let refusals: number
  const store = (): ImportStore => new ImportStore(join(directory, 'imports'), () => (refusals += 1))

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-import-store-'))
    refusals = 0
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('are kept and forgotten again after the disk refused something, which is told once', () => {
    const [kept, cancelled] = [record('00000000000000aa'), record('00000000000000bb')]
    const first = store()
    first.save(cancelled)
    rmSync(join(directory, 'imports'), { recursive: true })
    writeFileSync(join(directory, 'imports'), 'a file where a directory should be')
    first.save(kept)
    refusals.should.equal(1)
    rmSync(join(directory, 'imports'))
    first.save(cancelled)
    first.save(kept)
    first.remove(cancelled.id)
    store().load().should.eql([kept])
  })
})
