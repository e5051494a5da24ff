import type { Node, NodeAPI } from 'node-red'
import { systemClock } from '../../base/clock'
import { CodedError, wrongKeyOf } from '../../base/errors'
import { publicCallback } from '../../withings/auth/callback-url'
import { type MonitorState, SubscriptionMonitor } from '../../withings/notifications/subscription-monitor'
import { isUnreachable } from '../../withings/notifications/subscriptions'
import { type AccountNode, findAccount } from '../accounts/account-node'
import { accountRegistry } from '../accounts/account-registry'
import { NodeStatus } from '../data-nodes/node-status'
import { readers } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import { closeReceiver, keepSubscriptions, leaveUrl, openReceiver } from './receiver-registry'
import { notifyPath } from './webhook-routes'

export interface NotificationSettings {
  account: string
  publicUrl: string
  categories: readonly number[]
}

/** The life of a withings-notification node: listens, keeps its subscriptions, sends what it hears. */
export function startNotificationNode(RED: NodeAPI, node: Node, settings: NotificationSettings): void {
  const closing = new AbortController()
  const { signal } = closing
  const status = new NodeStatus(RED, node, signal)
  const registry = accountRegistry(RED)
  let monitor: { stop(): void } | undefined
  let begin: () => void = () => undefined
  node.on('close', (removed: boolean, done: () => void) => {
    RED.events.off('flows:started', begin)
    closing.abort()
    monitor?.stop()
    closeReceiver(registry, node.id, removed).then(done, done)
  })
  const found = findAccount(RED, settings.account)
  if (!found) {
    status.showLogin(found)
    const error = new CodedError('NOT_CONFIGURED', 'noAccount')
    return node.error(translateError(RED, error, error.code), {})
  }
  const { account } = found
  readers.add({ node, id: node.id, account, rules: {} })
  const { webhook, missed } = openReceiver(RED, registry, node.id, account)
  const listener = {
    wanted: settings.categories,
    userId: () => registry.tokens.record(account)?.userId,
    context: () => registry.client(account).client.context({ priority: 'user', signal }),
    send: (message: object) => {
      if (!signal.aborted) node.send({ ...message })
    },
    unlinked: () => {
      // Anybody could have said so: Withings itself has to confirm it.
      registry
        .verifyLogin(account)
        .catch((error: unknown) => node.error(translateError(RED, error, 'BAD_ANSWER'), {}))
    }
  }
  begin = () => {
    try {
      const { volatile: detail } = webhook
      if (detail !== undefined) node.warn(t(RED, 'notify.volatile', { detail }))
      webhook.receiver.attach(listener)
      monitor = startMonitor(RED, node, { found, webhook, missed, settings, status })
    } catch (error) {
      // Whatever an event listener throws ends Node-RED.
      const coded = translateError(RED, error, 'NOT_CONFIGURED')
      status.showFailure(coded)
      node.error(coded, {})
    }
  }
  // Before that, the nodes it is wired to may not be there yet.
  RED.events.once('flows:started', begin)
}

/** Undefined, and said so, when Withings cannot call. */
function startMonitor(
  RED: NodeAPI,
  node: Node,
  {
    settings,
    status,
    webhook,
    missed,
    found
  }: ReturnType<typeof openReceiver> & {
    found: AccountNode
    settings: NotificationSettings
    status: NodeStatus
  }
): { stop(): void } | undefined {
  const { registry, account } = found
  const { record, receiver } = webhook
  if (settings.publicUrl.trim() === '') {
    status.show('grey', 'ring', t(RED, 'status.noPublicUrl'))
    void leaveUrl(registry, node.id, webhook)
    return undefined
  }
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: string | false }
  const url = publicCallback(settings.publicUrl, httpNodeRoot || '', notifyPath(record.secret))
  if (url === undefined || httpNodeRoot === false) {
    status.show('red', 'ring', t(RED, 'status.notPublic'))
    const error = new CodedError('NOT_CONFIGURED', httpNodeRoot === false ? 'noCalls' : 'notPublic')
    node.error(translateError(RED, error, 'NOT_CONFIGURED'), {})
    return undefined
  }
  keepSubscriptions(node.id, account)
  if (record.url !== url) {
    const former = [record.url, ...record.former].filter(each => each !== '' && each !== url)
    Object.assign(record, { url, former, known: [] })
  }
  const monitor = new SubscriptionMonitor({
    url,
    wanted: settings.categories,
    missed: missed && record.heardUntil > 0,
    behind: receiver.behind,
    context: signal => registry.client(account).client.context({ priority: 'poll', signal }),
    known: () => ({ former: record.former, known: record.known }),
    remember: async now => {
      Object.assign(record, now)
      await webhook.save()
    },
    show: monitorStatus(RED, node, status),
    checked: behind => receiver.catchUp(behind),
    clock: systemClock
  })
  const stopListening = registry.onChange(account, () => {
    if (registry.status(account) === 'login-needed' || registry.refusal(account)) monitor.fellBehind()
    monitor.wake()
  })
  // The secret has to be on disk before Withings knows it.
  const running = webhook.save().then(() => monitor.run())
  running.catch((error: unknown) => node.error(translateError(RED, error, 'BAD_ANSWER'), {}))
  return {
    stop: () => {
      stopListening()
      monitor.stop()
    }
  }
}

/** Shows how the subscriptions are, and reports each trouble to Catch once. */
function monitorStatus(RED: NodeAPI, node: Node, status: NodeStatus): (state: MonitorState) => void {
  let reported: string | undefined
  let isLossReported = false
  const report = (error: CodedError | undefined) => {
    if (error && reported !== error.code) node.error(translateError(RED, error, error.code), {})
    reported = error?.code
  }
  const showFailure = (error: CodedError) => {
    if (error.code === 'LOGIN_NEEDED' || wrongKeyOf(error) || !isUnreachable(error))
      return status.showFailure(error)
    const { httpNodeAuth } = RED.settings as { httpNodeAuth?: unknown }
    status.show('red', 'ring', t(RED, httpNodeAuth ? 'status.httpNodeAuth' : 'status.unreachable'))
  }
  return state => {
    if (state.kind === 'checking') return status.show('blue', 'ring', t(RED, 'status.checking'))
    if (state.kind === 'lost' && !isLossReported) node.warn(t(RED, 'notify.lost', { count: state.count }))
    isLossReported = state.kind === 'lost' || (isLossReported && state.kind !== 'subscribed')
    report(state.kind === 'subscribed' ? undefined : state.error)
    if (state.kind === 'failed') return showFailure(state.error)
    if (state.kind === 'lost') return status.show('red', 'ring', t(RED, 'status.lost'))
    const { count } = state
    if (state.kind === 'partly')
      return status.show('yellow', 'dot', t(RED, 'status.partly', { count, wanted: state.wanted }))
    status.show('green', 'dot', t(RED, state.renewed ? 'status.renewed' : 'status.subscribed', { count }))
  }
}
