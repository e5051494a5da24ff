// The simulator in a process of its own. Its first message says where it is and what one page looks like.
import { startSimulator } from '../../test/simulator'
import { exchange, post, redirectUri } from '../../test/simulator/raw-client'
import { argument, report } from './processes'

export interface WithingsReady {
  url: string
  clientId: string
  clientSecret: string
  userId: string
  code: string
  redirectUri: string
  /** One whole answer of getmeas. */
  page: string
}

export interface WithingsCounts {
  calls: number
  /** Different ones among them: each page of the history is one. */
  pages: number
}

async function main(): Promise<void> {
  const { years, pageSize } = argument<{ years: number; pageSize: number }>()
  const simulator = await startSimulator({ years, pageSize, people: ['Ada'] })
  const ada = simulator.people.find(({ name }) => name === 'Ada')
  if (ada === undefined) throw new Error('Ada is missing.')
  const { userId } = ada
  const grant = () => simulator.grant({ userId, redirectUri })
  const { body } = await exchange(simulator, grant())
  const page = await post(
    simulator,
    '/measure',
    { action: 'getmeas', category: '1', startdate: '2', enddate: String(Math.floor(Date.now() / 1000)) },
    body?.access_token
  )
  const before = simulator.requests.length
  // The calls above must not count against the limit of the import.
  simulator.clock.offset(120_000)
  process.on('message', () => {
    const asked = simulator.requests
      .slice(before)
      .filter(({ path }) => path !== '/v2/oauth2')
      .map(({ path, params }) => `${path} ${JSON.stringify(params)}`)
    report({ calls: asked.length, pages: new Set(asked).size } satisfies WithingsCounts)
  })
  report({
    url: simulator.url,
    clientId: simulator.client.id,
    clientSecret: simulator.client.secret,
    userId,
    code: grant(),
    redirectUri,
    page: JSON.stringify(page)
  } satisfies WithingsReady)
}

void main()
