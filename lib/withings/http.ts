import { axiosSend, type HttpAnswer } from '../http'

export { TIME_LIMIT, type HttpAnswer } from '../http'

/** Sends a form and gives back whatever came, of any HTTP status; rejects when nothing came. */
export type HttpPost = (
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal
) => Promise<HttpAnswer>

/** HttpPost by axios, through an HTTP proxy where one is given. */
export function axiosPost(proxyUrl: string | undefined): HttpPost {
  const send = axiosSend(proxyUrl)
  return (url, form, headers, signal) =>
    send({ method: 'POST', url, headers, body: new URLSearchParams(form) }, signal)
}
