import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../relay/model/secret.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { plainProvider } from '../support/plain-provider.ts'
import { provider } from '../support/relay-harness.ts'
import { secretsFound } from '../support/secret-store.ts'

/** Whether a Provider is ready, and what is said of it. */
async function readinessOf(spec: object, secrets: Readonly<Record<string, SecretData>>) {
  const store = secretsFound((_, name) => secrets[name])
  const { objects } = await reconcile('local', [provider('a', { ...spec })], 0, store)
  return `${objects[0]?.ready} ${objects[0]?.message}`
}

const secretRef = { name: 's' }
const TYPES = [...providerTypes.values()].map((type) => [type.type, plainProvider(type)] as const)

describe('what can be known before sending is found at readiness', () => {
  it.each(TYPES)('for %s, which is ready without a mistake', async (_, { spec, secret }) => {
    expect(await readinessOf({ ...spec, secretRef }, { s: secret })).toBe('true Initialized')
  })

  it.each(TYPES)('for %s: certificates, proxies and expressions', async (_, { spec, secret }) => {
    const base = { ...spec, secretRef }
    const cases = [
      [{ certSecretRef: { name: 'x' } }, { 'ca.crt': 'x' }, 'certSecretRef: ca.crt is not a cert'],
      [{ certSecretRef: { name: 'x' } }, { 'tls.crt': 'x' }, 'certSecretRef: tls.crt and tls.key'],
      [{ proxySecretRef: { name: 'x' } }, { address: 'x' }, 'proxySecretRef: address: expected'],
      [{ proxy: 'gopher://x' }, {}, 'spec.proxy: expected an http://'],
      [{ commitStatusExpr: 'event.' }, {}, 'spec.commitStatusExpr: '],
      [{ timeout: 'soon' }, {}, 'spec.timeout: expected a duration'],
    ] as const
    for (const [change, x, named] of cases) {
      const readiness = await readinessOf({ ...base, ...change }, { s: secret, x })
      expect(readiness).toMatch(/^false /)
      expect(readiness).toContain(named)
    }
  })

  const hook = { address: 'https://service.test/x' }
  const repository = { address: 'https://git.test/o/r' }
  const deep = { address: 'https://git.test/o/r/s' }
  it.each([
    ['alertmanager', { address: 'alerts.test' }, {}, 'address: '],
    ['alertmanager', hook, { token: 'a\nb' }, 'token: holds the character U+000A'],
    ['azuredevops', repository, { token: 't' }, 'address: the path must be organization/'],
    [
      'azureeventhub',
      { address: 'hub', channel: '-' },
      { token: 't' },
      'channel: set spec.channel',
    ],
    ['bitbucket', deep, { token: 'a:b' }, 'address: the path must be workspace/repository'],
    ['bitbucketserver', repository, { token: 't' }, 'address: expected an HTTP clone URL'],
    ['datadog', { address: 'x' }, { token: 't' }, 'address: expected an http://'],
    ['datadog', {}, { token: '' }, 'token: '],
    ['discord', { address: 'ftp://service.test' }, {}, 'address: '],
    ['generic', { address: 'https://u:%@service.test' }, {}, 'address: a % in its user name'],
    ['generic', { address: 'http://service.test:0/' }, {}, 'address: '],
    ['generic', hook, { headers: 'X-A: ж' }, 'headers: entry 1 holds the character U+0436'],
    ['generic-hmac', hook, { token: '\n' }, 'token: '],
    ['gitea', deep, { token: 't' }, 'address: the path must be owner/repository'],
    ['giteapullrequestcomment', deep, { token: 't' }, 'address: the path must be owner/'],
    ['github', deep, { token: 't' }, 'address: the path must be owner/repository'],
    ['github', repository, { githubAppID: '1', githubAppPrivateKey: 'x' }, 'githubAppPrivateKey: '],
    ['githubdispatch', repository, { token: 'a\0b' }, 'token: holds the character U+0000'],
    ['githubpullrequestcomment', deep, { token: 't' }, 'address: the path must be owner/'],
    [
      'gitlab',
      { address: 'https://git.test/o' },
      { token: 't' },
      'address: the path must be group',
    ],
    ['gitlabmergerequestcomment', repository, { password: 'p' }, 'username: '],
    ['googlechat', { address: '' }, {}, 'address: set spec.address'],
    ['googlepubsub', { address: 'p1', channel: 'topic' }, { token: '{}' }, 'token: '],
    ['grafana', hook, { token: 'ж' }, 'token: holds the character U+0436'],
    ['incident.io', hook, { token: 'a\u200bb' }, 'token: holds the character U+200B'],
    ['lark', { address: 'lark' }, {}, 'address: '],
    ['matrix', { address: 'https://matrix.test', channel: '#r:m' }, { token: 't' }, 'channel: '],
    ['msteams', { address: 'https://' }, {}, 'address: '],
    ['nats', { address: 'nats://a.test', channel: 'a.*' }, {}, 'channel: '],
    ['nats', { address: 'nats://a.test', channel: 'a' }, { nkey: 'SUA' }, 'the Secret key nkey'],
    ['opsgenie', hook, { token: 'a\rb' }, 'token: holds the character U+000D'],
    ['otel', hook, { password: 'a\nb', username: '' }, 'password: holds the character U+000A'],
    ['pagerduty', hook, {}, 'channel: set spec.channel'],
    ['rocket', { address: 'rocket.test' }, {}, 'address: '],
    ['sentry', hook, {}, 'address: expected a Sentry DSN'],
    ['slack', hook, { token: 'xoxb-🔑' }, 'token: holds the character U+1F511'],
    ['telegram', { channel: 'general' }, { token: '1:a' }, 'channel: '],
    ['webex', hook, { token: 't' }, 'channel: set spec.channel'],
    ['zoom', hook, {}, 'token: '],
    ['zulip', { ...hook, channel: 'general' }, { username: 'u', password: 'p' }, 'channel: '],
  ])('for %s: %o %o', async (type, spec, secret, named) => {
    const readiness = await readinessOf({ type, ...spec, secretRef }, { s: secret })
    expect(readiness).toMatch(/^false Provider flux-system\/a: /)
    expect(readiness).toContain(named)
    expect(readiness).not.toMatch(/xoxb|a\nb|a\0b/)
  })
})
