import { describe, expect, it } from 'vitest'
import { grafana } from '../../../relay/providers/grafana.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  fixtureJson,
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://grafana.example.com/api/annotations'
const settings = settingsOf(grafana, { address: ADDRESS })

function request(...args: Parameters<typeof notificationOf>) {
  const all = requestsOf(grafana, notificationOf(...args), settings)
  expect(all).toHaveLength(1)
  return withJsonBody(all[0])
}

const tagsOf = (...args: Parameters<typeof notificationOf>) =>
  (request(...args).body as { tags: readonly string[] }).tags

const group = 'kustomize.toolkit.fluxcd.io'

describe('grafana requests', () => {
  it('posts an annotation', () => {
    expect(request('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: { 'content-type': 'application/json' },
      body: {
        time: 1_795_172_537_000,
        text: 'helmrelease/webapp.apps',
        tags: [
          'flux',
          'helm-controller',
          'app-version: 2.0.1',
          'deploymentID: e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          'revision: 1.4.2',
          'kind: HelmRelease',
          'name: webapp',
          'namespace: apps',
        ],
      },
    })
  })

  it('posts info and Progressing events alike', () => {
    expect(request('kustomization-configured').body).toMatchObject({
      text: 'kustomization/podinfo.flux-system',
    })
    expect(grafana.skips).toBeUndefined()
    expect(grafana.subject).toBeUndefined()
  })

  it('has only the tags of the object without metadata', () => {
    expect(tagsOf('kustomization-applied', { metadata: null })).toEqual([
      'flux',
      'kustomize-controller',
      'kind: Kustomization',
      'name: podinfo',
      'namespace: flux-system',
    ])
  })

  it('replaces each colon in a key or a value', () => {
    const metadata = { [`${group}/a:b`]: 'c:d:🦊 <e>' }
    expect(tagsOf('kustomization-applied', { metadata })).toContain('a|b: c|d|🦊 <e>')
  })

  const many = (count: number, length: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`${group}/k${n}`, 'v'.repeat(length)]),
    )

  it.each([
    ['a value of 101 characters', many(1, 101), `k0: ${'v'.repeat(99)}…`],
    ['five of 99', many(5, 99), `k0: ${'v'.repeat(47)}…`],
    ['eight of 99', many(8, 99), `k7: ${'v'.repeat(23)}…`],
    ['one of 100', many(1, 100), `k0: ${'v'.repeat(100)}`],
  ])('cuts values to the 500 bytes of all tags: %s', (_, metadata, tag) => {
    const tags = tagsOf('kustomization-applied', { metadata })
    expect(tags).toContain(tag)
    expect(Buffer.byteLength(JSON.stringify(tags))).toBeLessThanOrEqual(500)
  })

  it('tells of a cut by the event, from which the ledger has it', () => {
    const notification = notificationOf('kustomization-applied', { metadata: many(1, 101) })
    expect(grafana.fit?.(notification, settings).metadata).toEqual({ k0: `${'v'.repeat(99)}…` })
  })

  it('leaves metadata out that does not fit at all, and cuts the longest names', () => {
    const { involvedObject } = fixtureJson('kustomization-applied')
    const tags = tagsOf('kustomization-applied', {
      involvedObject: { ...(involvedObject as object), name: 'n'.repeat(253) },
      reportingController: 'c'.repeat(200),
      metadata: many(100, 1),
    })
    expect(tags).toEqual([
      'flux',
      `${'c'.repeat(99)}…`,
      'kind: Kustomization',
      `name: ${'n'.repeat(99)}…`,
      'namespace: flux-system',
    ])
  })

  it.each(['x', '配', '🚀', '\u0001'])(
    'keeps to the limit with the longest names of %j',
    (part) => {
      const name = part.repeat(253 / part.length)
      const object = { kind: name, namespace: name, name, uid: '1' }
      const tags = tagsOf('kustomization-applied', {
        involvedObject: object,
        reportingController: name,
      })
      expect(tags).toHaveLength(5)
      expect(Buffer.byteLength(JSON.stringify(tags))).toBeLessThanOrEqual(500)
      for (const tag of tags) expect(tag.isWellFormed()).toBe(true)
    },
  )

  it('leaves an event that fits as it is, with a message of any length', () => {
    const notification = notificationOf('kustomization-applied', { message: 'x'.repeat(39_000) })
    expect(grafana.fit?.(notification, settings)).toBe(notification.event)
  })

  const pair = { username: 'u', password: 'p' }
  it.each([
    ['nothing', {}, undefined],
    ['a token', { token: 't' }, 'Bearer t'],
    ['a pair', pair, `Basic ${btoa('u:p')}`],
    ['a token rather than a pair', { ...pair, token: 't' }, 'Bearer t'],
  ])('sends %s', (_, secret, value) => {
    const own = settingsOf(grafana, { address: ADDRESS }, secret)
    const [made] = grafana.requests(notificationOf('kustomization-applied'), own)
    expect(made?.headers.authorization).toBe(value)
  })
})

describe('grafana settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['an address that is no URL', { address: 'x' }, {}, /address: set spec\.address/],
    ['a password alone', { address: ADDRESS }, { password: 'p' }, /username: .* add the username/],
    ['a name alone', { address: ADDRESS, username: 'u' }, {}, /password: .* add the password/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(grafana, spec, secret)).toThrow(message)
  })

  it('masks token and password', () => {
    const secret = { token: 't1', username: 'u', password: 'p1' }
    const values = secretsOf(grafana, { address: ADDRESS }, secret)
    expect(values).toEqual(expect.arrayContaining(['t1', 'p1']))
  })
})

describeStatusClasses(grafana)

it('repeats what Grafana says', () => {
  const body = '{"message":"tags length (600) exceeds the maximum allowed (500)"}'
  expect(grafana.classify?.(response(400, body))).toEqual({
    kind: 'rejected',
    reason: 'HTTP 400: tags length (600) exceeds the maximum allowed (500)',
  })
})
