import { splitAddress, withoutLogin } from '../../../lib/base/address'

describe('an address with a login in it', () => {
  const splits: [string, object][] = [
    ['mqtt://host:1883', { address: 'mqtt://host:1883' }],
    [' mqtt://host ', { address: 'mqtt://host' }],
    [
      'mqtt://gladys:secret@host:1883',
      { address: 'mqtt://host:1883', username: 'gladys', password: 'secret' }
    ],
    [' wss://gladys@host/mqtt?x=1 ', { address: 'wss://host/mqtt?x=1', username: 'gladys' }],
    ['mqtt://:secret@host', { address: 'mqtt://host', password: 'secret' }],
    ['mqtt://a%40b:p%3Aw%25@host', { address: 'mqtt://host', username: 'a@b', password: 'p:w%' }],
    ['mqtt://gladys:100%@host', { address: 'mqtt://host', username: 'gladys', password: '100%' }],
    ['mqtt://gladys:p@ss@host', { address: 'mqtt://host', username: 'gladys', password: 'p@ss' }],
    [
      'http://ada@example.org:secret@gladys.local/a@b',
      { address: 'http://gladys.local/a@b', username: 'ada@example.org', password: 'secret' }
    ],
    ['http://gladys.local/a@b', { address: 'http://gladys.local/a@b' }],
    ['${MQTT_URL}', { address: '${MQTT_URL}' }],
    ['gladys:secret', { address: 'gladys:secret' }],
    ['', { address: '' }]
  ]
  for (const [text, parts] of splits)
    it(`is split: ${JSON.stringify(text)}`, () => {
      splitAddress(text).should.eql(parts)
    })

  const shown: [string, string][] = [
    ['mqtt://host:1883', 'mqtt://host:1883'],
    ['mqtt://gladys:secret@host:1883', 'mqtt://host:1883'],
    ['MQTT://gladys:se@cret@host', 'MQTT://host'],
    ['mqtt://gladys:se/cr?e#t@host', 'mqtt://host'],
    ['gladys:secret@host:1883', 'host:1883'],
    ['${MQTT_URL}', '${MQTT_URL}'],
    ['', '']
  ]
  for (const [text, plain] of shown)
    it(`is shown without it, also where it is no address: ${JSON.stringify(text)}`, () => {
      withoutLogin(text).should.equal(plain)
    })
})
