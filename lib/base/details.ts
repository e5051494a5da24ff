/**
 * The details that people meet while they set things up or while a service is away, as the errors of this package
 * name them in English; `__x__` is any text. The catalogues have each of them under `withings.detail`. Others,
 * for example what is wrong in a message, stay in English.
 */
export const DETAILS = {
  noUser: 'no Withings user is linked',
  ended: 'Withings ended the login',
  clientId: 'Withings does not know the client id of the account',
  clientSecret: 'Withings does not accept the client secret of the account',
  noAccount: 'no Withings account is chosen, or it is disabled',
  noKeys: 'client id or client secret of the Withings account is missing',
  noClientId: 'client id is missing',
  noClientSecret: 'client secret is missing',
  notSaved: 'the login cannot be saved on disk (__reason__)',
  settingsNotSaved: 'Node-RED cannot save its settings (__reason__)',
  status: 'status __status__',
  notJson: 'not JSON, HTTP __status__',
  noStatus: 'an answer without a status',
  noTokens: 'an answer without tokens',
  tooLarge: 'an answer of more than __size__ MB',
  tooLate: 'no answer within __seconds__ s',
  noConnection: 'no connection',
  noWebAddress: '__property__ is not an http or https address without user and password',
  foreignVariable: 'the deployed account node does not use the variable __name__; press Deploy, then Connect',
  wrongMode: 'msg.mode is not one of __modes__',
  wrongDate: 'msg.__property__ is neither ISO text, a Date nor Unix seconds',
  wrongOrder: 'msg.endDate lies before msg.startDate',
  unknownType: 'unknown type __name__',
  noServer: 'no Gladys server is chosen',
  noBroker: 'the Gladys server has no usable MQTT address',
  noBrokerAddress: 'the address of the MQTT broker is missing',
  wrongBrokerAddress: 'the address of the MQTT broker must look like mqtt://host:1883',
  tlsUnused:
    'a TLS configuration is chosen, but the address of the MQTT broker is not encrypted; write mqtts:// or wss://, or choose no TLS configuration',
  brokerClosed: 'the connection was closed',
  noGladysLogin: 'to create devices, the Gladys server node needs address, e-mail and password of Gladys',
  halfGladysLogin:
    'e-mail or password of Gladys is missing in the Gladys server node; enter both, or clear both',
  wrongGladysAddress: 'the address of Gladys must look like http://gladys.local',
  noGladysNode: 'no Gladys device node with this id is running',
  otherUser: 'the account is linked to another Withings user now',
  gladysAway: 'it cannot be reached (__reason__); check the address of Gladys',
  gladysGone: 'it does not answer any more (__reason__); values wait until it is back',
  gladysBusy: 'it got too many requests; it is asked again after a pause',
  gladysBroken: 'it is out of order (HTTP __status__); try again later',
  gladysMoved: 'its address redirects; enter the address that the browser ends up with',
  gladysOld: 'this version of Gladys cannot do that over its HTTP API; update Gladys',
  notGladys: 'the address does not lead to Gladys; enter the one of its page, without /api/v1',
  wrongGladysLogin: 'e-mail or password are wrong (__complaint__); correct them in the Gladys server node',
  wrongGladysLoginStill:
    'e-mail or password are wrong; no login is tried again before you change them in the Gladys server node',
  noCalls: 'httpNodeRoot in settings.js is false, so Node-RED takes no calls',
  notPublic: 'the public address must start with https, have a domain name and no port',
  noMqttService: 'it has no MQTT service; open Integrations, MQTT in Gladys and connect the broker',
  heldBack: '__problem__. Values kept until Gladys has their features: __count__'
} as const

/** Text of the catalogue under `withings.<key>`; undefined where there is none. */
export type Translate = (key: string, params: Readonly<Record<string, string | number>>) => string | undefined

const patterns = Object.entries(DETAILS).map(([key, text]) => {
  const names = [...text.matchAll(/__(\w+?)__/g)].map(match => match[1] ?? '')
  const parts = text.split(/__\w+?__/).map(part => part.replace(/[.*+?^${}()[\]\\|/]/g, '\\$&'))
  return { key, names, pattern: new RegExp(`^${parts.join('(.+)')}$`, 's') }
})

/** The detail in the language of `say`, or as it is. */
export function translateDetail(detail: string, say: Translate): string {
  for (const { key, names, pattern } of patterns) {
    const values = pattern.exec(detail)?.slice(1)
    if (values === undefined) continue
    const params = Object.fromEntries(
      names.map((name, index) => [name, translateDetail(values[index] ?? '', say)])
    )
    return say(`detail.${key}`, params) ?? detail
  }
  return detail
}
