import type { ConsentOptions } from './types'

/** Plays the person: opens the page, picks what is on offer there, presses a button. */
export async function consent(authorizeUrl: string, options: ConsentOptions = {}): Promise<string> {
  const opened = await fetch(authorizeUrl)
  const html = await opened.text()
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1]
  if (!opened.ok || action === undefined) {
    throw new Error(`The account page refuses: HTTP ${opened.status} ${html}`)
  }
  const answer = await fetch(new URL(action, authorizeUrl), {
    method: 'POST',
    body: filledForm(inputsOf(html), options),
    redirect: 'manual'
  })
  const location = answer.headers.get('location')
  if (location === null) {
    throw new Error(`The account page refuses: HTTP ${answer.status} ${await answer.text()}`)
  }
  return location
}

interface Input {
  name: string
  value: string
  checked: boolean
}

function inputsOf(html: string): Input[] {
  return [...html.matchAll(/<input type="(\w+)" name="(\w+)" value="([^"]*)"( checked)?>/g)].map(
    ([, type, name = '', value = '', checked]) => ({
      name,
      value,
      checked: type === 'hidden' || checked !== undefined
    })
  )
}

function filledForm(inputs: Input[], { userId, scopes, deny = false }: ConsentOptions): URLSearchParams {
  const wanted: Record<string, string[] | undefined> = { userid: userId?.split(' '), scope: scopes }
  const form = new URLSearchParams({ decision: deny ? 'deny' : 'allow' })
  for (const { name, value, checked } of inputs) {
    if (wanted[name]?.includes(value) ?? checked) {
      form.append(name, value)
    }
  }
  const missing = Object.entries(wanted).flatMap(([name, values = []]) =>
    values.filter(value => !form.getAll(name).includes(value))
  )
  if (missing.length > 0) {
    throw new Error(`The account page does not offer ${missing.join(', ')}`)
  }
  return form
}
