import type { NodeAPI, NodeCredentials } from 'node-red'
import { join } from 'node:path'
import { type AccountNode, accountNodes, rememberAccountName } from '../lib/red/accounts/account-node'
import { accountRegistry } from '../lib/red/accounts/account-registry'
import { proxyFor } from '../lib/red/accounts/environment'
import { registerAccountRoutes } from '../lib/red/admin/account-routes'
import { t } from '../lib/red/i18n/texts'
import { cursorStore, intradayCursorStore } from '../lib/red/storage/cursors'
import { notifyRecords } from '../lib/red/storage/notification-records'
import { forgetOrphans } from '../lib/red/storage/orphan-cleanup'
import { parseAddresses } from '../lib/withings/auth/login-form'
import type { AccountConfig, AccountCredentials } from './withings-account.types'

/** Once per process: every account has the same storage. */
let saidVolatile = false

export = (RED: NodeAPI): void => {
  const registry = accountRegistry(RED)
  registerAccountRoutes(RED, registry, join(__dirname, 'locales'))
  forgetOrphans(RED, {
    logins: registry.stored,
    seenTypes: registry.activity.seenTypes,
    cursors: cursorStore(RED),
    intradayCursors: intradayCursorStore(RED),
    notifications: notifyRecords(RED)
  })

  function WithingsAccount(this: AccountNode, config: AccountConfig): void {
    RED.nodes.createNode(this, config)
    this.registry = registry
    this.account = this._alias ?? this.id
    accountNodes.add({ node: this })
    registry.owners.add(this)
    // As the login takes them: pasted texts bring blanks along.
    const clientId = (this.credentials.clientId ?? '').trim()
    const clientSecret = (this.credentials.clientSecret ?? '').trim()
    try {
      const addresses = parseAddresses({ ...config })
      const proxyUrl = proxyFor(RED, config.proxy, addresses.apiUrl)
      const proxy = proxyUrl === undefined ? {} : { proxyUrl }
      registry.configure(this.account, { clientId, clientSecret, ...addresses, ...proxy })
    } catch (error) {
      this.error(error)
    }

    const onLogin = () => {
      if (!saidVolatile && registry.status(this.account) === 'volatile') {
        saidVolatile = true
        this.warn(t(RED, 'notSaved', {}, 'logins cannot be saved'))
      }
      rememberAccountName(this.account, registry.tokens.record(this.account)?.userId, this.name?.trim() ?? '')
    }
    onLogin()
    const stopListening = registry.onChange(this.account, onLogin)
    this.on('close', stopListening)
  }

  const credentials: NodeCredentials<AccountCredentials> = {
    clientId: { type: 'text' },
    clientSecret: { type: 'password' }
  }
  RED.nodes.registerType('withings-account', WithingsAccount, { credentials })
}
