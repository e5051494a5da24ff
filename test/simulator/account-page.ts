import { randomBytes } from 'node:crypto'
import { permitsRedirect } from './callback-url'
import { demoName } from './profiles'
import { htmlReply, pageErrorReply, redirectReply, type Reply } from './replies'
import { parseScopes } from './scopes'
import type { Person } from './types'
import type { World } from './world'

export const authorizePath = '/oauth2_user/authorize2'
export const decisionPath = '/account/decision'

interface Ticket {
  state: string
  redirectUri: string
  scopes: string[]
  people: Person[]
}

export class AccountPage {
  private readonly tickets = new Map<string, Ticket>()

  constructor(private readonly world: World) {}

  open(query: URLSearchParams): Reply {
    const one = (name: string) => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : '')
    if (one('client_id') !== this.world.client.id) {
      return pageErrorReply('invalid clientid')
    }
    const redirectUri = one('redirect_uri')
    if (!permitsRedirect(this.world.client.callbackUrls, redirectUri)) {
      return pageErrorReply(
        'redirect_uri_mismatch: The redirect URI provided is missing or does not match partner callback url'
      )
    }
    const scopes = parseScopes(one('scope'))
    const state = one('state')
    const mode = query.get('mode')
    if (
      one('response_type') !== 'code' ||
      state === '' ||
      scopes === null ||
      ![null, 'demo'].includes(mode)
    ) {
      return pageErrorReply('Required parameters are invalid')
    }
    const people = this.world.people.filter(({ name }) => (name === demoName) === (mode === 'demo'))
    const id = randomBytes(12).toString('hex')
    this.tickets.set(id, { state, redirectUri, scopes, people })
    return htmlReply(200, page(id, people, scopes))
  }

  /** What the person chose on the page. */
  decide(form: URLSearchParams): Reply {
    const id = form.get('ticket') ?? ''
    const ticket = this.tickets.get(id)
    if (ticket === undefined) {
      return pageErrorReply('Required parameters are invalid')
    }
    const target = new URL(ticket.redirectUri)
    if (form.get('decision') === 'deny') {
      target.searchParams.set('error', 'access_denied')
    } else {
      const scopes = form.getAll('scope')
      const person = ticket.people.find(({ userId }) => userId === form.get('userid'))
      if (
        person === undefined ||
        scopes.length === 0 ||
        !scopes.every(scope => ticket.scopes.includes(scope))
      ) {
        return pageErrorReply('Required parameters are invalid')
      }
      const grant = { userId: person.userId, scopes }
      target.searchParams.set('code', this.world.grants.newCode(grant, ticket.redirectUri))
    }
    this.tickets.delete(id)
    target.searchParams.set('state', ticket.state)
    return redirectReply(target.href)
  }
}

function page(ticket: string, people: Person[], scopes: string[]): string {
  const choices =
    people.length === 1
      ? people.map(({ userId }) => `<input type="hidden" name="userid" value="${userId}">`)
      : people.map(
          ({ userId, name }, index) =>
            `<label><input type="radio" name="userid" value="${userId}"${index === 0 ? ' checked' : ''}> ${name}</label>`
        )
  const boxes = scopes.map(
    scope => `<label><input type="checkbox" name="scope" value="${scope}" checked> ${scope}</label>`
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Simulated account page</title>
<h1>Share your data?</h1>
<form method="post" action="${decisionPath}">
<input type="hidden" name="ticket" value="${ticket}">
${choices.join('\n')}
${boxes.join('\n')}
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
</html>
`
}
