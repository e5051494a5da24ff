import type { Node, NodeAPI, NodeStatus } from 'node-red'
import { systemClock } from '../../base/clock'
import { CodedError, wrongKeyOf } from '../../base/errors'
import { publicCallback } from '../../withings/auth/callback-url'
import type { Listener } from '../../withings/notifications/receiver'
import { type MonitorState, SubscriptionMonitor } from '../../withings/notifications/subscription-monitor'
import { isUnreachable } from '../../withings/notifications/subscriptions'
import { type AccountNode, findAccount } from '../accounts/account-node'
import { accountRegistry } from '../accounts/account-registry'
import { readers } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import type { WebhookReceiver } from './receiver'
import { closeReceiver, leaveUrl, openReceiver, stay } from './receivers'
import { notifyPath } from './routes'

export interface NotificationSettings {
  account: string
  publicUrl: string
  categories: readonly number[]
}

type Show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], status: string) => void

/** The life of a withings-notification node: listens, keeps its subscriptions, tells what it hears. */
export function startNotificationNode(RED: NodeAPI, node: Node, settings: NotificationSettings): void {
  const closing = new AbortController()
  const show: Show = (fill, shape, status) => {
    if (!closing.signal.aborted) node.status({ fill, shape, text: status })
  }
  const registry = accountRegistry(RED)
  let watch: { stop(): void } | undefined
  let begin: () => void = () => undefined
  node.on('close', (removed: boolean, done: () => void) => {
    RED.events.off('flows:started', begin)
    closing.abort()
    watch?.stop()
    closeReceiver(registry, node.id, removed).then(done, done)
  })
  const found = findAccount(RED, settings.account)
  if (!found) {
    show('red', 'ring', t(RED, 'status.notConfigured'))
    return node.error(
      translateError(RED, new CodedError('NOT_CONFIGURED', 'noAccount'), 'NOT_CONFIGURED'),
      {}
    )
  }
  const { account } = found
  readers.add({ node, id: node.id, account, rules: {} })
  const { host, missed } = openReceiver(RED, registry, node.id, account)
  const listener: Listener = {
    wanted: settings.categories,
    userId: () => registry.tokens.record(account)?.userId,
    context: () => registry.client(account).client.context({ priority: 'user', signal: closing.signal }),
    send: message => {
      if (!closing.signal.aborted) node.send({ ...message })
    },
    unlinked: () => {
      // Anybody could have said so: Withings itself has to confirm it.
      registry
        .verifyLogin(account)
        .catch((error: unknown) => node.error(translateError(RED, error, 'BAD_ANSWER'), {}))
    }
  }
  // Before that, the nodes it is wired to may not be there yet.
  begin = () => {
    try {
      const { volatile: detail } = host
      if (detail !== undefined) node.warn(t(RED, 'notify.volatile', { detail }))
      host.receiver.attach(listener)
      watch = startWatch(RED, node, { found, host, missed, settings, show })
    } catch (error) {
      // Whatever an event listener throws ends Node-RED.
      const coded = translateError(RED, error, 'NOT_CONFIGURED')
      show('red', 'ring', t(RED, 'status.error', { code: coded.code }, coded.code))
      node.error(coded, {})
    }
  }
  RED.events.once('flows:started', begin)
}

interface WatchedNode {
  found: AccountNode
  host: WebhookReceiver
  missed: boolean
  settings: NotificationSettings
  show: Show
}

/** Undefined, and said so, when Withings cannot call. */
function startWatch(RED: NodeAPI, node: Node, watched: WatchedNode): { stop(): void } | undefined {
  const { settings, show, host, missed, found } = watched
  if (settings.publicUrl.trim() === '') {
    show('grey', 'ring', t(RED, 'status.noPublicUrl'))
    void leaveUrl(found.registry, node.id, host)
    return undefined
  }
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: string | false }
  const path = notifyPath(host.record.secret)
  const url = publicCallback(settings.publicUrl, httpNodeRoot || '', path)
  if (url === undefined || httpNodeRoot === false) {
    show('red', 'ring', t(RED, 'status.notPublic'))
    const error = new CodedError('NOT_CONFIGURED', httpNodeRoot === false ? 'noCalls' : 'notPublic')
    node.error(translateError(RED, error, 'NOT_CONFIGURED'), {})
    return undefined
  }
  stay(node.id, found.account)
  const { record } = host
  if (record.url !== url) {
    const former = [record.url, ...record.former].filter(each => each !== '' && each !== url)
    Object.assign(record, { url, former, known: [] })
  }
  const shown = showWatch(RED, node, show)
  const watch = new SubscriptionMonitor({
    url,
    wanted: settings.categories,
    missed: missed && record.heardUntil > 0,
    behind: host.receiver.behind,
    context: signal => found.registry.client(found.account).client.context({ priority: 'poll', signal }),
    known: () => ({ former: record.former, known: record.known }),
    remember: async now => {
      Object.assign(record, now)
      await host.save()
    },
    show: shown,
    checked: behind => host.receiver.catchUp(behind),
    clock: systemClock
  })
  const stopListening = found.registry.onChange(found.account, () => {
    const { registry, account } = found
    if (registry.status(account) === 'login-needed' || registry.refusal(account)) watch.fellBehind()
    watch.wake()
  })
  // The secret has to be on disk before Withings knows it.
  const running = host.save().then(() => watch.run())
  running.catch((error: unknown) => node.error(translateError(RED, error, 'BAD_ANSWER'), {}))
  return {
    stop: () => {
      stopListening()
      watch.stop()
    }
  }
}

/** Shows what the watch says, and tells Catch of each trouble once. */
function showWatch(RED: NodeAPI, node: Node, show: Show): (state: MonitorState) => void {
  let told: string | undefined
  let saidLost = false
  const raise = (error: CodedError | undefined) => {
    if (error && told !== error.code) node.error(translateError(RED, error, error.code), {})
    told = error?.code
  }
  const reason = (error: CodedError): string => {
    if (error.code === 'LOGIN_NEEDED') return t(RED, 'status.loginNeeded')
    const key = wrongKeyOf(error)
    if (key) return t(RED, `status.${key}`)
    if (!isUnreachable(error)) return t(RED, 'status.error', { code: error.code }, error.code)
    const { httpNodeAuth } = RED.settings as { httpNodeAuth?: unknown }
    return httpNodeAuth ? t(RED, 'status.httpNodeAuth') : t(RED, 'status.unreachable')
  }
  return state => {
    switch (state.kind) {
      case 'checking':
        return show('blue', 'ring', t(RED, 'status.checking'))
      case 'subscribed':
        raise(undefined)
        saidLost = false
        return show(
          'green',
          'dot',
          t(RED, state.renewed ? 'status.renewed' : 'status.subscribed', { count: state.count })
        )
      case 'partly':
        raise(state.error)
        return show('yellow', 'dot', t(RED, 'status.partly', { count: state.count, wanted: state.wanted }))
      case 'lost':
        if (!saidLost) node.warn(t(RED, 'notify.lost', { count: state.count }))
        saidLost = true
        raise(state.error)
        return show('red', 'ring', t(RED, 'status.lost'))
      case 'failed':
        raise(state.error)
        return show(state.error.code === 'LOGIN_NEEDED' ? 'yellow' : 'red', 'ring', reason(state.error))
    }
  }
}
