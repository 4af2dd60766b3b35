import { describe, expect, it } from 'vitest'
import { email } from '../../../relay/providers/email.ts'
import { notificationOf, settingsOf } from '../../support/notifications.ts'
import {
  createFakeTryPorts,
  type FakeTryPortsOptions,
  transportFailure,
} from '../../support/try-ports.ts'

const SPEC = {
  address: 'smtp://smtp.example.com',
  username: 'Flux <flux@example.com>',
  channel: 'ops@example.com, dev@example.com',
}
const settings = settingsOf(email, SPEC, { username: 'login', password: 's3cret\n' })

const failed = notificationOf('helmrelease-upgrade-failed')

async function deliver(notification = failed, mailed?: FakeTryPortsOptions['mailed']) {
  const tryPorts = createFakeTryPorts(mailed ? { mailed } : {})
  const { verdict, notes = [] } = await email.deliver(notification, settings, tryPorts)
  const [mail] = tryPorts.mails
  if (!mail) throw new Error('no mail was sent')
  return { verdict, notes, mail }
}

describe('a mail', () => {
  it('says what happened, to whom it is for', async () => {
    const { mail } = await deliver()
    expect(mail).toEqual({
      server: {
        host: 'smtp.example.com',
        port: 587,
        tls: 'starttls',
        login: { user: 'login', password: 's3cret' },
      },
      from: { name: 'Flux', address: 'flux@example.com' },
      to: ['ops@example.com', 'dev@example.com'],
      subject: '[local] helmrelease/webapp.apps: upgrade failed',
      text: expect.any(String),
      html: expect.any(String),
      messageId: `<${'d'.repeat(32)}@example.com>`,
      threadId: expect.stringMatching(/^<[0-9a-f]{32}@example\.com>$/),
      date: failed.triedAt,
    })
    expect(mail.text).toBe(
      [
        'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
        '',
        'app-version: 2.0.1',
        'deploymentID: e076e315-5a48-41c3-81c8-8d8bdee7d74d',
        'revision: 1.4.2',
        'object: HelmRelease apps/webapp',
        'cluster: local',
        'reason: UpgradeFailed',
        'severity: error',
        '',
      ].join('\n'),
    )
  })

  it('is in one thread with those of the same object and Provider', async () => {
    const others = [
      { ...failed, deliveryId: 'e'.repeat(64) },
      { ...failed, cluster: 'staging' },
      { ...failed, provider: { ...failed.provider, uid: 'other' } },
      notificationOf('kustomization-applied'),
    ]
    const [own] = [(await deliver()).mail.threadId]
    const threads = await Promise.all(others.map(async (n) => (await deliver(n)).mail.threadId))
    expect(threads[0]).toBe(own)
    expect(new Set([own, ...threads]).size).toBe(4)
  })

  it('is in the thread of the rule, which has one subject', async () => {
    const thread = { name: 'prod/team web', order: '' }
    const [first, second] = await Promise.all(
      [failed, notificationOf('kustomization-applied')].map((n) => deliver({ ...n, thread })),
    )
    expect(first?.mail.subject).toBe('prod/team web')
    expect(second?.mail.threadId).toBe(first?.mail.threadId)
    expect(first?.mail.threadId).not.toBe((await deliver()).mail.threadId)
  })

  it('that tells of a group names no object, and is in no thread', async () => {
    const { mail } = await deliver({ ...failed, title: '3 events', ofGroup: true })
    expect(mail.subject).toBe('3 events')
    expect(mail).not.toHaveProperty('threadId')
    expect(mail.text).not.toContain('object:')
  })

  it('has the title, the link and the page of the commit', async () => {
    const link = 'https://grafana.test/d/1?a="b"&c=d'
    const { mail } = await deliver({
      ...failed,
      title: 'webapp\nin prod',
      link,
      commitPage: { key: 'revision', url: 'https://git.test/c' },
    })
    expect(mail.subject).toBe('webapp in prod')
    expect(mail.text).toContain(`\n\n${link}\n`)
    expect(mail.html).toContain(
      '<a href="https://grafana.test/d/1?a=&quot;b&quot;&amp;c=d">webapp\nin prod</a>',
    )
    expect(mail.html).toContain('<td><a href="https://git.test/c">1.4.2</a></td>')
  })

  it('shows markup as it is, also that of the author', async () => {
    const event = { ...failed.event, message: '<img src=x>', metadata: { '<b>': "'&'" } }
    const { mail } = await deliver({ ...failed, event, authored: new Set(['<b>']) })
    expect(mail.text).toContain('<img src=x>')
    expect(mail.html).toContain('&lt;img src=x&gt;')
    expect(mail.html).toContain('&lt;b&gt;</th><td>&#39;&amp;&#39;</td>')
    expect(mail.html).not.toMatch(/<img|<b>/)
  })

  it('says when it is late', async () => {
    const { mail } = await deliver({ ...failed, late: true })
    expect(mail.text).toContain('Event of 2026-11-20 11:02:17 UTC, delivered late')
    expect(mail.html).toContain('<em>Event of 2026-11-20 11:02:17 UTC, delivered late</em>')
  })
})

describe('email settings', () => {
  const of = (changes: object, secret = {}, annotations = {}) =>
    settingsOf(email, { ...SPEC, ...changes }, secret, annotations)

  it.each([
    ['smtp://h.test', { host: 'h.test', port: 587, tls: 'starttls' }],
    ['smtp://h.test:80', { host: 'h.test', port: 80, tls: 'starttls' }],
    ['smtps://h.test/', { host: 'h.test', port: 465, tls: 'implicit' }],
    ['SMTPS://[::1]:2465', { host: '::1', port: 2465, tls: 'implicit' }],
  ])('read the address %s', (address, server) => {
    expect(of({ address }).server).toEqual(server)
  })

  it.each([
    '',
    'smtp.example.com',
    'https://h.test',
    'smtp://',
    'smtp://h.test:0',
    'smtp://h.test:70000',
    'smtp://user:password@h.test',
    'smtp://h.test/path',
  ])('refuse the address %j', (address) => {
    expect(() => of({ address })).toThrow(
      'address: set spec.address to the server, such as smtp://',
    )
  })

  it.each([
    [{ username: '' }, 'username: set spec.username to who the mail is from'],
    [{ username: 'Flux' }, 'username: set spec.username to who'],
    [{ username: 'a <b> <flux@example.com>' }, 'username: '],
    [{ channel: '' }, 'channel: set spec.channel to the recipients'],
    [{ channel: 'ops' }, 'channel: recipient 1 is no address of ASCII'],
    [{ channel: 'a@b.test,"x y"@b.test' }, 'channel: recipient 2 is no address'],
    [{ channel: 'a@b.test>' }, 'channel: recipient 1 is no'],
    [{ channel: 'ä@b.test' }, 'channel: recipient 1 is no address of ASCII'],
    [
      { channel: Array.from({ length: 51 }, (_, n) => `a${n}@b.test`).join() },
      'channel: expected at most 50 recipients',
    ],
  ])('refuse %j', (changes, message) => {
    expect(() => of(changes)).toThrow(message)
  })

  it('name each recipient once', () => {
    expect(of({ channel: 'a@b.test, ,a@b.test' }).to).toEqual(['a@b.test'])
  })

  it('take the sender from the Secret when the spec names none', () => {
    const { from, server } = of({ username: '' }, { username: 'flux@example.com', password: 'p' })
    expect(from).toEqual({ name: '', address: 'flux@example.com' })
    expect(server.login).toEqual({ user: 'flux@example.com', password: 'p' })
  })

  it('log in as the address of the sender when the Secret has a password alone', () => {
    expect(of({}, { password: 'p' }).server.login).toEqual({
      user: 'flux@example.com',
      password: 'p',
    })
  })

  it('send without TLS only where that is said, and then no password', () => {
    const plain = { 'smtp-plain': 'true' }
    expect(of({}, {}, plain).server.tls).toBe('none')
    expect(() => of({}, { password: 'p' }, plain)).toThrow('sends no password: remove one of them')
    expect(() => of({ address: 'smtps://h.test' }, {}, plain)).toThrow('smtp:// alone')
    expect(() => of({}, {}, { 'smtp-plain': 'yes' })).toThrow('to be "true" or "false"')
  })
})

describe('an answer of the server', () => {
  it('is what the record of a delivery quotes', async () => {
    const answer = '250 2.0.0 Ok: queued as 4F2A'
    const { verdict, notes } = await deliver(failed, () => ({
      kind: 'sent',
      answer,
      refused: [{ address: 'dev@example.com', said: '550 5.1.1 No such user', isPassing: false }],
    }))
    expect(verdict).toEqual({ kind: 'delivered', reason: answer })
    expect(notes).toEqual([
      'the server refused a recipient: dev@example.com: 550 5.1.1 No such user',
    ])
  })

  it.each([
    ['credentials', false, { kind: 'unauthorized' }],
    ['credentials', true, { kind: 'retry', applied: 'no' }],
    ['message', false, { kind: 'rejected' }],
    ['message', true, { kind: 'retry', applied: 'no' }],
  ] as const)('about %s that is passing: %s', async (cause, isPassing, verdict) => {
    const refusal = { kind: 'refused', cause, isPassing, detail: '5xx No.' } as const
    expect((await deliver(failed, () => refusal)).verdict).toEqual({
      ...verdict,
      reason: 'the server answered: 5xx No.',
    })
  })

  it('that never came is tried again', async () => {
    const { verdict } = await deliver(failed, () => transportFailure('timeout', true))
    expect(verdict).toMatchObject({ kind: 'retry', applied: 'in-flight' })
  })
})
