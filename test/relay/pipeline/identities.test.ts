import { describe, expect, it } from 'vitest'
import type { CloudBindings } from '../../../relay/model/cloud-bindings.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import type { CloudIdentities } from '../../../relay/ports/cloud-identities.ts'
import type { OutboundRequest } from '../../../relay/ports/http.ts'
import { AZURE, BINDINGS, GOOGLE_AUDIENCE } from '../../support/cloud-bindings.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { alert, answer, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

const JWT = 'eyJ.of-the-relay.c2ln'

/** The temporary credentials of the relay's role. */
const ROLE = {
  accessKeyId: 'ASIAEXAMPLEROLE',
  secretAccessKey: 'secret-of-the-role',
  sessionToken: 'session-of-the-role',
}

const PUBSUB = { type: 'googlepubsub', address: 'fleet-42', channel: 'flux-events' }

/** Bindings of a test, which are told of each read, as the AWS adapter caches them. */
function cloudIdentities(bound: Map<string, CloudBindings>) {
  const remembered = new Map<string, CloudBindings | undefined>()
  const proofs: string[] = []
  const identities: CloudIdentities = {
    async bindings(cluster, { fresh = false } = {}) {
      if (fresh || !remembered.has(cluster)) remembered.set(cluster, bound.get(cluster))
      return remembered.get(cluster)
    },
    async token(audience) {
      proofs.push(audience)
      return { kind: 'token', token: JWT }
    },
    awsCredentials: async () => ROLE,
  }
  return { identities, proofs }
}

/** Google, giving out a token per service account and exchange: `t1`, `t2`, and on. */
function google(refused: (token: string) => boolean = () => false) {
  let number = 0
  const published: string[] = []
  const destination = ({ url, headers }: OutboundRequest) => {
    if (url.startsWith('https://sts.')) {
      return answer(200, {}, '{"access_token":"principal-token","expires_in":3600}')
    }
    if (url.startsWith('https://iamcredentials.')) {
      const [, account = ''] = /serviceAccounts\/([^%]+)/.exec(url) ?? []
      number += 1
      const accessToken = `access-token-${number}-${account}`
      const made = { accessToken, expireTime: '2030-01-01T00:00:00Z' }
      return answer(200, {}, JSON.stringify(made))
    }
    const token = String(headers.authorization).replace('Bearer ', '')
    published.push(token)
    return refused(token)
      ? answer(401, {}, `{"error":{"message":"unknown ${token}"}}`)
      : answer(200, {}, '{"messageIds":["1"]}')
  }
  return { destination, published }
}

const accountOf = (name: string): CloudBindings => ({
  google: { audience: GOOGLE_AUDIENCE, serviceAccount: `${name}@p.iam.gserviceaccount.com` },
})

function open(bound: Map<string, CloudBindings>, cloud = google()) {
  const { identities, proofs } = cloudIdentities(bound)
  const harness = createHarness({}, { identities })
  harness.answerWith(cloud.destination)
  return { harness, proofs, ...cloud }
}

describe('deliveries by an identity that the deployment binds', () => {
  it('go as what their own cluster is bound to', async () => {
    const bound = new Map([
      [CLUSTER, accountOf('local')],
      ['staging', accountOf('staging')],
    ])
    const { harness, published, proofs } = open(bound)
    const manifests = [provider('p', PUBSUB), alert('a', 'p')]
    for (const cluster of [CLUSTER, 'staging', 'unbound']) {
      const snapshot = await reconcile(cluster, manifests, 0, harness.ports.secrets)
      await harness.ports.configs.replace(snapshot)
      await harness.sendJson(fixtureJson('kustomization-configured'), cluster)
      await harness.drain()
    }
    expect(published).toEqual(['access-token-1-local', 'access-token-2-staging'])
    expect(proofs).toHaveLength(2)
    const dead = (await harness.records()).filter(({ outcome }) => outcome === 'dead')
    expect(dead.map(({ cluster, reason }) => [cluster, reason])).toEqual([
      ['unbound', expect.stringContaining('binds no Google identity to cluster unbound')],
    ])
  })

  it('cannot name another: what a manifest or a Secret says of one is not read', async () => {
    const bound = new Map([
      [CLUSTER, accountOf('local')],
      ['staging', { ...accountOf('staging'), azure: AZURE }],
    ])
    const { harness, published, proofs } = open(bound)
    harness.secrets.set(`${CLUSTER}/flux-system/s`, {
      cluster: 'staging',
      audience: GOOGLE_AUDIENCE.replace('aws-relay', 'other'),
      serviceAccount: 'staging@p.iam.gserviceaccount.com',
      google: JSON.stringify(accountOf('staging').google),
    })
    const spec = { ...PUBSUB, cluster: 'staging', identity: 'staging', secretRef: { name: 's' } }
    await harness.configure(
      { ...provider('p', spec), metadata: { name: 'p', namespace: 'flux-system', uid: 'u-1' } },
      alert('a', 'p'),
    )
    await harness.send('kustomization-configured')
    await harness.drain()
    expect(published).toEqual(['access-token-1-local'])
    expect(proofs).toEqual([GOOGLE_AUDIENCE])
  })

  it('are made once more, by the binding read anew, when the token is not taken', async () => {
    const bound = new Map([[CLUSTER, accountOf('old')]])
    const { harness, published } = open(
      bound,
      google((token) => token.endsWith('-old')),
    )
    await harness.configure(provider('p', PUBSUB), alert('a', 'p'))
    await harness.ports.identities.bindings(CLUSTER)
    bound.set(CLUSTER, accountOf('new'))
    await harness.send('kustomization-configured')
    await harness.drain()
    expect(published).toEqual(['access-token-1-old', 'access-token-2-new'])
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(['delivered'])
  })

  it('end when no token is taken, and the ledger shows none', async () => {
    const cloud = google(() => true)
    const { harness, published } = open(new Map([[CLUSTER, BINDINGS]]), cloud)
    await harness.configure(provider('p', PUBSUB), alert('a', 'p'))
    await harness.send('kustomization-configured')
    await harness.drain()
    expect(published).toHaveLength(2)
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(['dead'])
    expect(records[0]?.reason).toContain('unknown ***')
    expect(JSON.stringify(records)).not.toMatch(/access-token-\d|principal-token/)
  })

  it('come again when the identity cannot be proved for now', async () => {
    const identities: CloudIdentities = {
      bindings: async () => BINDINGS,
      token: () => Promise.reject(new Error('STS is throttled')),
      awsCredentials: async () => ROLE,
    }
    const harness = createHarness({}, { identities })
    await harness.configure(provider('p', PUBSUB), alert('a', 'p'))
    await harness.send('kustomization-configured')
    await expect(harness.drain()).rejects.toThrow('STS is throttled')
    expect(await harness.records()).toEqual([])
  })
})

describe('deliveries to AWS by the role of the relay', () => {
  const ARN = 'arn:aws:sqs:eu-west-1:111122223333:deployments'

  it('go where the deployment lets their own cluster send, and nowhere else', async () => {
    const { identities } = cloudIdentities(
      new Map([
        [CLUSTER, { aws: { destinations: [ARN] } }],
        ['staging', { aws: { destinations: [`${ARN}-staging`] } }],
      ]),
    )
    const harness = createHarness({}, { identities })
    harness.answerWith(() => answer(200, {}, '{"MessageId":"1"}'))
    const manifests = [provider('p', { type: 'sqs', address: ARN }), alert('a', 'p')]
    for (const cluster of [CLUSTER, 'staging', 'unbound']) {
      const snapshot = await reconcile(cluster, manifests, 0, harness.ports.secrets)
      await harness.ports.configs.replace(snapshot)
      await harness.sendJson(fixtureJson('kustomization-configured'), cluster)
      await harness.drain()
    }
    expect(harness.requests.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringContaining('Credential=ASIAEXAMPLEROLE/'),
    ])
    const records = await harness.records()
    expect(records.map(({ cluster, outcome, reason }) => [cluster, outcome, reason])).toEqual(
      expect.arrayContaining([
        [CLUSTER, 'delivered', 'HTTP 200'],
        ['staging', 'dead', expect.stringContaining(`does not let cluster staging send to ${ARN}`)],
        [
          'unbound',
          'dead',
          expect.stringContaining(
            'binds no AWS identity to cluster unbound: add the keys accesskey',
          ),
        ],
      ]),
    )
  })

  it('tell nobody what the role signs with', async () => {
    const bound = new Map([[CLUSTER, { aws: { destinations: [ARN] } }]])
    const harness = createHarness({}, { identities: cloudIdentities(bound).identities })
    harness.answerWith(({ headers }) => answer(400, {}, `no ${headers['x-amz-security-token']}`))
    await harness.configure(provider('p', { type: 'sqs', address: ARN }), alert('a', 'p'))
    await harness.send('kustomization-configured')
    await harness.drain()
    const records = await harness.records()
    expect(records).toMatchObject([{ outcome: 'dead', reason: 'HTTP 400: no ***' }])
    expect(JSON.stringify(records)).not.toMatch(/-of-the-role/)
  })
})
