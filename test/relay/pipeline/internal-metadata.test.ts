import { describe, expect, it } from 'vitest'
import { isAboutCommits } from '../../../relay/pipeline/commit-result.ts'
import type { OutboundRequest } from '../../../relay/ports/http.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { createCanaries } from '../../support/canaries.ts'
import { plainProvider } from '../../support/plain-provider.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const GROUP = 'helm.toolkit.fluxcd.io'
const TYPES = [...providerTypes.values()]
const HELM_RELEASE = [{ kind: 'HelmRelease', name: '*' }]

/** What every service that a type asks first needs to go on. */
function answerTo({ method, url }: OutboundRequest) {
  if (url.includes('oauth2.googleapis.com')) {
    return answer(200, {}, '{"access_token":"fetched","expires_in":3600}')
  }
  if (method === 'GET' && url.endsWith('/user')) {
    return answer(200, {}, '{"id":1,"login":"relay","username":"relay"}')
  }
  return method === 'GET' ? answer(200, {}, '[]') : answer(201, {}, '{"id":1}')
}

/** Sends one event to a Provider of every type; gives what each was sent, as bytes in text. */
async function sentToAll(metadata: Readonly<Record<string, string>>) {
  const published: string[] = []
  const nats = {
    async publish(message: unknown) {
      published.push(JSON.stringify(message))
      return { kind: 'published' } as const
    },
  }
  const mail = {
    async send(message: unknown) {
      published.push(JSON.stringify(message))
      return { kind: 'sent', answer: '250 Ok', refused: [] } as const
    },
  }
  const harness = createHarness({}, { nats, mail })
  harness.answerWith(answerTo)
  const sent = new Map<string, string>()
  for (const type of TYPES) {
    const { spec, secret } = plainProvider(type)
    harness.secrets.set(`${CLUSTER}/flux-system/s`, secret)
    const eventSources = [{ kind: 'HelmRelease', name: '*', namespace: 'apps' }]
    await harness.configure(
      provider('p', { ...spec, secretRef: { name: 's' } }),
      alert('a', 'p', { eventSources }),
    )
    const from = harness.requests.length
    await harness.send('helmrelease-upgrade-failed', { message: `to ${type.type}`, metadata })
    await harness.drain()
    const requests = harness.requests.slice(from)
    const texts = requests.flatMap(({ url, headers, body }) => [
      url,
      JSON.stringify(headers),
      typeof body === 'string' ? body : Buffer.from(body).toString(),
    ])
    sent.set(type.type, [...texts, ...published.splice(0)].join('\n'))
  }
  return { sent, records: await harness.records() }
}

describe('the token of the object group', () => {
  it("goes out to none of the types, and a user's own goes out to all that send metadata", async () => {
    const canaries = createCanaries()
    const { sent, records } = await sentToAll({
      [`${GROUP}/token`]: canaries.plant('internal'),
      [`${GROUP}/revision`]: '6.5.1',
      'event.toolkit.fluxcd.io/token': canaries.plant('own'),
      'event.toolkit.fluxcd.io/commit': HASH,
      'event.toolkit.fluxcd.io/change_request': '42',
    })
    expect(records.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual(
      TYPES.map(() => expect.stringMatching(/^delivered: /)),
    )
    const typesWith = (place: string) =>
      TYPES.filter(({ type }) => canaries.placesIn(sent.get(type) ?? '').has(place))
    expect(typesWith('internal')).toEqual([])
    expect(typesWith('own')).toEqual(TYPES.filter((type) => !isAboutCommits(type)))
    expect(
      records.every((record) => canaries.placesIn(JSON.stringify(record)).has('internal')),
    ).toBe(true)
  })

  it.each([
    ['alone', {}, undefined],
    ['beside others', { 'event.toolkit.fluxcd.io/deploymentID': 'e076e315' }, 'e076e315'],
  ])('%s is in no body of generic', async (_, others, deploymentID) => {
    const harness = createHarness()
    await harness.configure(
      provider('p', { type: 'generic', address: 'https://p.test/' }),
      alert('a', 'p', { eventSources: HELM_RELEASE.map((s) => ({ ...s, namespace: 'apps' })) }),
    )
    await harness.send('helmrelease-upgrade-failed', {
      metadata: { [`${GROUP}/token`]: 'sha256:45350bb8', ...others },
    })
    await harness.drain()
    const { metadata } = JSON.parse(String(harness.requests[0]?.body)) as { metadata?: unknown }
    expect(metadata).toEqual(deploymentID === undefined ? undefined : { deploymentID })
  })

  it.each([
    ['none', { [`${GROUP}/token`]: 'x' }, 'none'],
    ["the user's", { [`${GROUP}/token`]: 'x', 'event.toolkit.fluxcd.io/token': 'own' }, 'own'],
  ])('is none for CEL, which sees %s', async (_, metadata, context) => {
    const harness = createHarness()
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    const [git, pair] = githubPair()
    const commitStatusExpr = "'token' in event.metadata ? event.metadata.token : 'none'"
    await harness.configure(
      { ...git, spec: { ...git?.spec, commitStatusExpr } },
      {
        ...pair,
        spec: {
          ...pair?.spec,
          eventSources: [{ kind: 'HelmRelease', name: '*', namespace: 'apps' }],
        },
      },
    )
    await harness.send('helmrelease-upgrade-failed', {
      metadata: { ...metadata, 'event.toolkit.fluxcd.io/commit': HASH },
    })
    await harness.drain()
    expect(contextOf(harness)).toBe(context)
  })

  it('still tells two events of one message apart', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('p', { type: 'generic', address: 'https://p.test/' }),
      alert('a', 'p', { eventSources: HELM_RELEASE.map((s) => ({ ...s, namespace: 'apps' })) }),
    )
    for (const token of ['one', 'two', 'two']) {
      harness.clock.advance(1_000)
      const timestamp = new Date(harness.clock.now()).toISOString()
      const metadata = { [`${GROUP}/token`]: token }
      await harness.send('helmrelease-upgrade-failed', { timestamp, metadata })
      await harness.drain()
    }
    expect(harness.requests).toHaveLength(2)
  })
})

function contextOf({ requests }: Harness): unknown {
  return (JSON.parse(String(requests[0]?.body)) as { context?: unknown }).context
}
