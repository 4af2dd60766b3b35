import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { genericHmac } from '../../../relay/providers/generic-hmac.ts'
import { github } from '../../../relay/providers/github.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { APP_ID, appSecret } from '../../support/github-app.ts'
import { notificationOf, requestsOf, settingsOf } from '../../support/notifications.ts'
import { plainProvider } from '../../support/plain-provider.ts'

const TYPES = [...providerTypes.values()]

/** What a file, an editor or YAML leaves around a text. */
const SURROUNDINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['a line break', (text) => `${text}\n`],
  ['the line break of Windows', (text) => `${text}\r\n`],
  ['several of them', (text) => `${text}\n\n`],
]

function changed(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]))
}

describe('white space around texts', () => {
  it.each(SURROUNDINGS)('is left out of what a Secret holds: %s', (_, surround) => {
    for (const type of TYPES) {
      const { spec, secret } = plainProvider(type)
      const { address, ...rest } = spec
      for (const keys of [secret, { ...secret, address }]) {
        const plain = settingsOf(type, { ...rest, ...(keys === secret && { address }) }, keys)
        const surrounded = settingsOf(
          type,
          { ...rest, ...(keys === secret && { address }) },
          changed(keys, surround),
        )
        expect(surrounded, type.type).toEqual(plain)
      }
    }
  })

  it.each(SURROUNDINGS)('is left out of the spec: %s', (_, surround) => {
    for (const type of TYPES) {
      const { spec, secret } = plainProvider(type)
      const { type: name, ...fields } = spec
      const plain = settingsOf(
        type,
        { ...spec, username: 'u@service.test' },
        { password: 'p', ...secret },
      )
      const surrounded = settingsOf(
        type,
        { type: name, ...changed({ ...fields, username: 'u@service.test' }, surround) },
        { password: 'p', ...secret },
      )
      expect(surrounded, type.type).toEqual(plain)
    }
  })

  it('neither authorizes nor signs', () => {
    const spec = { address: 'https://github.com/o/r' }
    const [status] = requestsOf(
      github,
      notificationOf('kustomization-finished'),
      settingsOf(github, spec, { token: 'ghp_abc\n' }),
    )
    expect(status?.headers.authorization).toBe('Bearer ghp_abc')
    const settings = settingsOf(genericHmac, { address: 'https://a.test' }, { token: ' key\r\n' })
    const [post] = requestsOf(genericHmac, notificationOf('kustomization-applied'), settings)
    const signature = createHmac('sha256', 'key')
      .update(post?.body ?? '')
      .digest('hex')
    expect(post?.headers['x-signature']).toBe(`sha256=${signature}`)
  })

  it('is left out of the keys of a GitHub App', () => {
    const keys = appSecret({ githubAppBaseURL: 'https://ghe.test/api/v3' })
    const secret = changed(keys, (text) => `${text}\n`)
    const settings = settingsOf(github, { address: 'https://github.com/o/r' }, secret)
    expect(settings.credential).toMatchObject({
      id: APP_ID,
      installation: { id: keys.githubAppInstallationID },
      baseUrl: 'https://ghe.test/api/v3',
    })
  })

  it.each([
    ['blanks at the ends of a password, which may be meant', ' p w ', ' p w '],
    ['all but the line break', ' p w \n', ' p w '],
  ])('is left in: %s', (_, password, expected) => {
    const type = providerTypes.get('alertmanager')
    if (!type) throw new Error('no alertmanager')
    const secret = { username: 'u', password }
    expect(settingsOf(type, { address: 'https://a.test' }, secret)).toMatchObject({
      headers: { authorization: `Basic ${Buffer.from(`u:${expected}`).toString('base64')}` },
    })
  })

  it('is left out of the values of headers, which YAML gives a line break', () => {
    const generic = providerTypes.get('generic')
    if (!generic) throw new Error('no generic')
    const headers = 'X-Key: |\n  abc\nX-Other: "d e"\n'
    expect(settingsOf(generic, { address: 'https://a.test' }, { headers })).toMatchObject({
      headers: { 'X-Key': 'abc', 'X-Other': 'd e' },
    })
  })
})

describe('the headers of a Secret', () => {
  const read = (headers: string) => {
    const generic = providerTypes.get('generic')
    if (!generic) throw new Error('no generic')
    return settingsOf(generic, { address: 'https://a.test' }, { headers })
  }

  it('are refused with a name that is there twice', () => {
    expect(() => read('A: b\nC: d\nA: e')).toThrow(/headers is not YAML/)
  })

  it('are read, however many they are', () => {
    const names = Array.from({ length: 500 }, (_, number) => `k${number.toString(36)}: a`)
    expect(Object.keys(Object(read(names.join('\n'))).headers)).toHaveLength(500)
  })
})

describe('what no header can carry', () => {
  const sent = (type: string, spec: object, secret: Record<string, string>) => {
    const found = providerTypes.get(type)
    if (!found) throw new Error(`no type ${type}`)
    return () => settingsOf(found, { ...spec }, secret)
  }
  const hook = { address: 'https://a.test/x' }
  const repository = { address: 'https://git.test/o/r' }

  it.each([
    ['slack', hook, 'token'],
    ['webex', { ...hook, channel: 'c' }, 'token'],
    ['matrix', { address: 'https://a.test', channel: '!r:a.test' }, 'token'],
    ['zoom', hook, 'token'],
    ['opsgenie', hook, 'token'],
    ['incident.io', hook, 'token'],
    ['datadog', hook, 'token'],
    ['alertmanager', hook, 'token'],
    ['grafana', hook, 'token'],
    ['otel', hook, 'token'],
    ['azureeventhub', { address: 'hub', channel: 'namespace' }, 'token'],
    ['github', repository, 'token'],
    ['githubdispatch', repository, 'token'],
    ['githubpullrequestcomment', repository, 'token'],
    ['gitlab', repository, 'token'],
    ['gitlabmergerequestcomment', repository, 'token'],
    ['gitea', repository, 'token'],
    ['giteapullrequestcomment', repository, 'token'],
    ['bitbucketserver', { address: 'https://git.test/scm/o/r' }, 'token'],
    ['github', { ...repository, username: 'u@service.test' }, 'password'],
    ['gitlab', { ...repository, username: 'u@service.test' }, 'password'],
    ['gitea', { ...repository, username: 'u@service.test' }, 'password'],
    ['otel', hook, 'password'],
  ])('is found in a setting of %s: %o, %s', (type, spec, key) => {
    for (const [text, character] of [
      ['hunter\nx', 'U\\+000A'],
      ['hunter\0x', 'U\\+0000'],
      ['hunter\x7fx', 'U\\+007F'],
      ['hunterжx', 'U\\+0436'],
      ['hunter🔑x', 'U\\+1F511'],
      ['hunter\u200bx', 'U\\+200B'],
    ] as const) {
      const read = sent(type, spec, { [key]: text })
      expect(read).toThrow(new RegExp(`^${key}: holds the character ${character}, which no HTTP`))
      expect(read).not.toThrow(/hunter/)
    }
  })

  it.each([
    ['bitbucketserver', { address: 'https://git.test/scm/o/r' }, { username: 'u', password: 'ж' }],
    ['alertmanager', hook, { username: 'u', password: 'ж' }],
    ['zulip', { ...hook, channel: 'a/b' }, { username: 'ж', password: 'ж' }],
    ['azuredevops', { address: 'https://git.test/o/p/_git/r' }, { token: 'ж' }],
    ['generic-hmac', hook, { token: 'ж\u200b' }],
    ['pagerduty', { ...hook, channel: 'ж' }, {}],
    ['slack', hook, { token: 'Müller' }],
  ])('is taken where it is encoded: %s %o %o', (type, spec, secret) => {
    expect(sent(type, spec, secret)).not.toThrow()
  })

  it.each(['generic', 'generic-hmac', 'otel'])('is found in headers of %s', (type) => {
    const read = (headers: string) => sent(type, hook, { token: 't', headers })
    expect(read('A: b\nX-Key: hunterж')).toThrow(/^headers: entry 2 holds the character U\+0436/)
    expect(read('A: "hunter\\0"')).toThrow(/^headers: entry 1 holds the character U\+0000/)
    expect(read('hunter 2: b')).toThrow(/^headers: entry 1 has a name that an HTTP header cannot/)
    for (const text of ['A: hunterж', 'hunter 2: b']) expect(read(text)).not.toThrow(/hunter/)
  })

  it('is an attribute of a message to Pub/Sub', () => {
    const type = providerTypes.get('googlepubsub')
    if (!type) throw new Error('no googlepubsub')
    const { spec, secret } = plainProvider(type)
    const headers = 'Größe 1: ж'
    expect(settingsOf(type, { ...spec }, { ...secret, headers })).toMatchObject({
      attributes: { 'Größe 1': 'ж' },
    })
  })
})
