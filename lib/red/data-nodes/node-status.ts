import type { Node, NodeAPI, NodeStatus as Status } from 'node-red'
import { asCodedError, wrongKeyOf } from '../../base/errors'
import type { AccountNode } from '../accounts/account-node'
import { t } from '../i18n/texts'

/** What stands under a node that uses an account, until `closing` is aborted. */
export class NodeStatus {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly closing: AbortSignal
  ) {}

  show(fill: Status['fill'], shape: Status['shape'], text: string): void {
    if (!this.closing.aborted) this.node.status({ fill, shape, text })
  }

  showFailure(error: unknown): void {
    const { code } = asCodedError(error, 'BAD_ANSWER')
    const key = wrongKeyOf(error)
    if (code === 'LOGIN_NEEDED') this.show('yellow', 'ring', t(this.RED, 'status.loginNeeded'))
    else if (key) this.show('red', 'ring', t(this.RED, `status.${key}`))
    else this.show('red', 'ring', t(this.RED, 'status.error', { code }, code))
  }

  /** Where the login stands, of a node that waits. */
  showLogin(found: AccountNode | undefined): void {
    if (!found) return this.show('red', 'ring', t(this.RED, 'status.notConfigured'))
    const { registry, account } = found
    const status = registry.status(account)
    const refusal = registry.refusal(account)
    if (status === 'login-needed') this.show('yellow', 'ring', t(this.RED, 'status.loginNeeded'))
    else if (refusal) this.showFailure(refusal)
    else if (status === 'volatile') this.show('yellow', 'dot', t(this.RED, 'status.volatile'))
    else this.show('grey', 'ring', t(this.RED, 'status.linked'))
  }
}

/** Status of a run: how many were sent, by a key of the catalogue. */
export function countText(RED: NodeAPI, key: string, count: number): string {
  return count === 0 ? t(RED, 'status.nothingNew') : t(RED, `status.${key}`, { count })
}
