import should from 'should'
import { callbackKind, isElsewhere, publicCallback } from '../../../../lib/withings/auth/callback-url'
import { CATEGORIES, categoryOf, USUAL_CATEGORIES } from '../../../../lib/withings/notifications/categories'
import {
  catchUpOf,
  messageOf,
  type NotificationMessage,
  parseWebhookBody
} from '../../../../lib/withings/notifications/notification'

const user = '13371337'

function messageFor(form: Record<string, string>): NotificationMessage {
  const notification = parseWebhookBody({ userid: user, ...form }, user)
  return messageOf(notification!)
}

describe('a notification', () => {
  it('of a weighing names its second, beside the payload too', () => {
    messageFor({ startdate: '1706376729', enddate: '1706376730', appli: '1' }).should.eql({
      payload: {
        category: 1,
        name: 'weight',
        userId: user,
        startDate: '2024-01-27T17:32:09.000Z',
        endDate: '2024-01-27T17:32:10.000Z'
      },
      topic: 'withings/13371337/weight',
      startDate: '2024-01-27T17:32:09.000Z',
      endDate: '2024-01-27T17:32:10.000Z'
    })
  })

  it('of activity spans the day it names, which has no zone', () => {
    messageFor({ date: '2026-11-22', appli: '16' }).should.eql({
      payload: { category: 16, name: 'activity', userId: user, date: '2026-11-22' },
      topic: 'withings/13371337/activity',
      startDate: '2026-11-22',
      endDate: '2026-11-22'
    })
  })

  it('of a bed names mat and moment, and no span to fetch', () => {
    messageFor({ date: '1763794692', appli: '50', deviceid: 'ab12' }).should.eql({
      payload: {
        category: 50,
        name: 'bed_in',
        userId: user,
        date: '2025-11-22T06:58:12.000Z',
        deviceId: 'ab12'
      },
      topic: 'withings/13371337/bed_in'
    })
  })

  it('of the account says what happened to it', () => {
    messageFor({ appli: '46', action: 'unlink' }).payload.should.eql({
      category: 46,
      name: 'user',
      userId: user,
      action: 'unlink'
    })
  })

  it('of a category that nobody knows passes', () => {
    messageFor({ appli: '77', startdate: '1706376729' }).payload.name.should.equal('category_77')
  })

  it('belongs to the linked user where it names none, and is none for another user', () => {
    parseWebhookBody({ appli: '1' }, user)!.userId.should.equal(user)
    should(parseWebhookBody({ appli: '1', userid: '4' }, user)).be.undefined()
  })

  for (const appli of [undefined, '', 'x', '-1', '1.5', ['1'], {}])
    it(`is none with ${JSON.stringify(appli)} as category`, () => {
      should(parseWebhookBody({ userid: user, appli }, user)).be.undefined()
    })

  it('leaves out what cannot be read', () => {
    const junk = {
      appli: '50',
      date: '2026-13-41',
      startdate: 'soon',
      enddate: '0',
      deviceid: 'a/b',
      action: '<b>'
    }
    parseWebhookBody(junk, user)!.should.eql({ category: 50, name: 'bed_in', userId: user })
  })

  it('that makes up for a gap asks for what changed and not for a span', () => {
    messageOf(catchUpOf(44, user, 1_706_376_729, 1_706_376_730)).should.eql({
      payload: {
        category: 44,
        name: 'sleep',
        userId: user,
        startDate: '2024-01-27T17:32:09.000Z',
        endDate: '2024-01-27T17:32:10.000Z',
        catchUp: true
      },
      topic: 'withings/13371337/sleep',
      mode: 'new'
    })
  })
})

describe('the categories', () => {
  it('are all of withings-api.md §10.4 that a user can subscribe to, each with a name of its own', () => {
    const numbers = [1, 2, 4, 16, 44, 46, 50, 51, 52, 54, 55, 58, 60, 61, 62, 63, 98, 99, 100]
    CATEGORIES.map(({ category }) => category)
      .sort((a, b) => a - b)
      .should.eql(numbers)
    new Set(CATEGORIES.map(({ name }) => name)).size.should.equal(numbers.length)
  })

  it('of what a stethoscope, a watch or a urine lab measures need the scope of measures', () => {
    for (const category of [61, 62, 63])
      should(categoryOf(category)).match({ kind: 'data', scope: 'user.metrics', contract: false })
  })

  it('are subscribed without a choice unless they need a contract', () => {
    USUAL_CATEGORIES.should.eql([1, 2, 4, 16, 44, 46, 50, 51, 52, 54, 55, 58, 61, 62, 63])
  })
})

describe('a callback URL', () => {
  for (const [publicUrl, root] of [
    ['https://home.example.org', '/'],
    ['https://home.example.org/', ''],
    [' https://home.example.org// ', '/'],
    ['/https://home.example.org', '/']
  ] as const)
    it(`is put together from ${JSON.stringify(publicUrl)} and ${JSON.stringify(root)}`, () => {
      should(publicCallback(publicUrl, root, 'withings/notify/x')).equal(
        'https://home.example.org/withings/notify/x'
      )
    })

  it('holds the path of a proxy and httpNodeRoot', () => {
    should(publicCallback('https://a.example.org/red/', '/api/', 'w/x')).equal(
      'https://a.example.org/red/api/w/x'
    )
  })

  for (const url of [
    '',
    'home.example.org',
    'http://home.example.org',
    'https://home.example.org:8443',
    'https://localhost',
    'https://192.168.1.4',
    'https://gladys.local',
    'https://u:p@home.example.org',
    'https://home.example.org/?a=1',
    'https://home.example.org/#a',
    'https://home.example.org?a=1#b',
    'https://',
    '//',
    `https://home.example.org/${'x'.repeat(250)}`
  ])
    it(`is none of ${url.slice(0, 40)}`, () => {
      should(publicCallback(url, '/', 'withings/notify/x')).be.undefined()
    })

  it('is told from one that Withings takes in its limited mode, and from the environment', () => {
    callbackKind('https://home.example.org/x').should.equal('public')
    callbackKind('http://127.0.0.1:1880/').should.equal('limited')
    callbackKind('${PUBLIC}').should.equal('unknown')
    callbackKind('$(PUBLIC)').should.equal('unknown')
    callbackKind('https://${HOST}/x').should.equal('invalid')
    callbackKind('javascript:alert(1)').should.equal('invalid')
    callbackKind('https://ada:secret@home.example.org/x').should.equal('invalid')
  })

  it('is elsewhere when it leads to another Node-RED than the editor', () => {
    const own = 'http://192.168.1.10:1880/red/withings/callback'
    for (const other of [
      'http://192.168.1.11:1880/red/withings/callback',
      'http://192.168.1.10:1881/red/withings/callback',
      'https://192.168.1.10:1880/red/withings/callback',
      'http://192.168.1.10:1880/withings/callback',
      'https://home.example.org/red/withings/callback'
    ])
      isElsewhere(other, own).should.be.true(other)
    for (const same of [
      own,
      `${own}/`,
      'HTTP://192.168.1.10:1880/red/withings/callback',
      '${CALLBACK}',
      'x',
      ''
    ])
      isElsewhere(same, own).should.be.false(same)
    isElsewhere('https://home.example.org:443/x', 'https://home.example.org/x').should.be.false()
  })
})
