import { join } from 'node:path'
import type { NodeAPI } from 'node-red'
import { accountHub } from '../lib/red/account-hub'
import { type AccountNode, accountNodes, rememberAccountName } from '../lib/red/account-node'
import { registerAccountRoutes } from '../lib/red/account-routes'
import { cursorTable, sampleCursorTable } from '../lib/red/cursor-table'
import { gladysSessions } from '../lib/red/gladys-http'
import { importDesk } from '../lib/red/import-desk'
import { notifyRecords } from '../lib/red/notify-records'
import { forgetOrphans } from '../lib/red/orphans'
import { registerOverviewRoutes } from '../lib/red/overview-routes'
import { proxyFor } from '../lib/red/proxy'
import { text } from '../lib/red/texts'
import { parseAddresses } from '../lib/withings/login-request'
import type { AccountConfig, AccountCredentials } from './withings-account.types'

/** Once per process: every account has the same storage. */
let saidVolatile = false

const register = (RED: NodeAPI): void => {
  const hub = accountHub(RED)
  registerAccountRoutes(RED, hub, join(__dirname, 'locales'))
  registerOverviewRoutes(RED, hub, importDesk(RED, hub))
  const cursors = [cursorTable(RED), sampleCursorTable(RED)]
  const kept = [hub.stored, hub.records.arrivals, ...cursors, notifyRecords(RED), gladysSessions(RED)]
  forgetOrphans(RED, kept, Date.now)

  function WithingsAccount(this: AccountNode, config: AccountConfig): void {
    RED.nodes.createNode(this, config)
    this.hub = hub
    this.account = this._alias ?? this.id
    accountNodes.add({ node: this })
    hub.owners.add(this)
    // As the login takes them: pasted texts bring blanks along.
    const clientId = (this.credentials.clientId ?? '').trim()
    const clientSecret = (this.credentials.clientSecret ?? '').trim()
    try {
      const addresses = parseAddresses({ ...config })
      const proxyUrl = proxyFor(RED, config.proxy, addresses.apiUrl)
      const proxy = proxyUrl === undefined ? {} : { proxyUrl }
      hub.configure(this.account, { clientId, clientSecret, ...addresses, ...proxy })
    } catch (error) {
      this.error(error)
    }

    const onLogin = () => {
      if (!saidVolatile && hub.status(this.account) === 'volatile') {
        saidVolatile = true
        this.warn(text(RED, 'notSaved', {}, 'logins cannot be saved'))
      }
      rememberAccountName(this.account, hub.keeper.record(this.account)?.userId, this.name?.trim() ?? '')
    }
    onLogin()
    const stopListening = hub.onChange(this.account, onLogin)
    this.on('close', stopListening)
  }

  RED.nodes.registerType<AccountNode, AccountConfig, object, AccountCredentials>(
    'withings-account',
    WithingsAccount,
    {
      credentials: { clientId: { type: 'text' }, clientSecret: { type: 'password' } }
    }
  )
}

export = register
