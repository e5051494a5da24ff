import type { NodeAPI } from 'node-red'
import should from 'should'
import { asText } from '../../../../lib/base/json'
import { EncryptedStore } from '../../../../lib/red/storage/encrypted-store'
import { SettingsStore } from '../../../../lib/red/storage/settings-store'

/** RED.settings as Node-RED offers it, with what it would write. */
class Settings {
  constructor(
    readonly stored: Record<string, unknown> = {},
    readonly readOnly = false
  ) {}
  available(): boolean {
    return true
  }
  get(key: string): unknown {
    return structuredClone(this.stored[key])
  }
  set(key: string, value: unknown): Promise<void> {
    this.stored[key] = structuredClone(value)
    return Promise.resolve()
  }
}

const table = (settings: Settings, key = 'records'): EncryptedStore<string> =>
  new EncryptedStore({ settings } as unknown as NodeAPI, key, asText)

describe('settings table', () => {
  it('says NOT_CONFIGURED where Node-RED cannot write, and keeps the record meanwhile', async () => {
    const settings = new Settings()
    settings.set = () => Promise.reject(new Error('ENOSPC: no space left'))
    const records = new SettingsStore({ settings } as unknown as NodeAPI, 'records', asText)
    await records.set('a', 'words').should.be.rejectedWith({
      code: 'NOT_CONFIGURED',
      details: { detail: 'Node-RED cannot save its settings (ENOSPC: no space left)' }
    })
    should(records.get('a')).equal('words')
  })
})

describe('sealed table', () => {
  it('keeps records over restarts, unreadable without the secret', async () => {
    const settings = new Settings({ credentialSecret: 'secret' })
    await table(settings).save('a', 'hidden words')
    JSON.stringify(settings.stored).should.not.match(/hidden/)
    table(settings).load('a')!.should.equal('hidden words')
    table(settings).ids().should.eql(['a'])
    const others = new Settings({ ...settings.stored, credentialSecret: 'another' })
    ;(table(others).load('a') === undefined).should.be.true()
  })

  it('seals again with the new secret when the user changes it', async () => {
    const settings = new Settings({ _credentialSecret: 'old' })
    await table(settings).save('a', 'words')
    settings.stored.credentialSecret = 'new'
    table(settings).load('a')!.should.equal('words')
    delete settings.stored._credentialSecret
    table(settings).load('a')!.should.equal('words')
  })

  it('shares a key of its own with other tables where Node-RED has no secret', async () => {
    const settings = new Settings({ credentialSecret: false })
    const [first, second] = [table(settings), table(settings, 'others')]
    ;[first.load('a'), second.load('a')].should.eql([undefined, undefined])
    await Promise.all([first.save('a', 'one'), second.save('a', 'two')])
    table(settings).load('a')!.should.equal('one')
    table(settings, 'others').load('a')!.should.equal('two')
  })

  it('keeps records in memory where nothing can be written', async () => {
    const settings = new Settings({}, true)
    const volatile = table(settings)
    await volatile.save('a', 'words')
    volatile.durable.should.be.false()
    volatile.load('a')!.should.equal('words')
    settings.stored.should.eql({})
  })

  for (const [name, secret] of [
    ['being written', 'secret'],
    ['waiting for a key', false]
  ] as const)
    it(`does not bring back what is removed while it is ${name}`, async () => {
      const settings = new Settings({ credentialSecret: secret })
      const records = table(settings)
      const saving = records.save('a', 'words')
      await records.remove('a')
      await saving
      ;(records.load('a') === undefined).should.be.true()
      table(settings).ids().should.eql([])
      await records.save('a', 'new words')
      records.load('a')!.should.equal('new words')
    })

  it('forgets', async () => {
    const settings = new Settings({ credentialSecret: 'secret' })
    const records = table(settings)
    await records.save('a', 'words')
    await records.remove('a')
    ;(records.load('a') === undefined).should.be.true()
    table(settings).ids().should.eql([])
  })
})
