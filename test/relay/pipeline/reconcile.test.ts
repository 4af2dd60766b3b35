import { describe, expect, it } from 'vitest'
import { derivedUid } from '../../../relay/model/hash.ts'
import { type KubernetesObject, NOTIFICATION_VERSIONS } from '../../../relay/model/kubernetes.ts'
import { parseAlert } from '../../../relay/model/parse-objects.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { compileInSlices, compileRoutingTable } from '../../../relay/pipeline/routing-table.ts'
import { noPause } from '../../../relay/pipeline/slices.ts'
import { alert, provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'

const hook = provider('a', { type: 'generic', address: 'https://a.test' })

async function readinessOf(
  manifests: readonly KubernetesObject[],
  secrets: Record<string, SecretData> = {},
) {
  const store = secretsFound((ns, name) => secrets[`${ns}/${name}`])
  const { objects } = await reconcile('local', manifests, 0, store)
  return Object.fromEntries(
    objects.map(({ kind, name, ready, reason, message }) => [
      `${kind}/${name}`,
      `${ready} ${reason} ${message}`,
    ]),
  )
}

describe('readiness', () => {
  it('of the guide: True, Initialized', async () => {
    expect(await readinessOf([hook, alert('one', 'a')])).toEqual({
      'Alert/one': 'true Succeeded Initialized',
      'Provider/a': 'true Succeeded Initialized',
    })
  })

  it('of an object of too many values is false, and it is not compiled', async () => {
    const exclusionList = Array.from({ length: 10_000 }, (_, index) => String(index))
    const eventMetadata = Object.fromEntries(exclusionList.map((key) => [key, key]))
    const large = [
      alert('many', 'a', { exclusionList }),
      alert('deep', 'a', { more: exclusionList.map((value) => [[value]]).slice(0, 3_400) }),
      alert('wide', 'a', { eventMetadata }),
      alert('most', 'a', {
        eventMetadata: Object.fromEntries(Object.entries(eventMetadata).slice(0, 9_900)),
      }),
    ]
    const said = await readinessOf([hook, ...large])
    const refused = 'false ValidationFailed expected at most 10000 values in one object'
    expect(said).toMatchObject({ 'Alert/many': refused, 'Alert/deep': refused })
    expect(said['Alert/wide']).toBe(refused)
    expect(said['Alert/most']).toBe('true Succeeded Initialized')
  })

  it('is worked out past the cache before a Secret is said to be missing', async () => {
    const byCache = new Map<boolean, SecretData>([[true, { address: 'https://a.test' }]])
    const store = secretsFound((_, __, isFresh) => byCache.get(isFresh))
    const secret = provider('a', { type: 'generic', secretRef: { name: 'hook' } })
    const { objects } = await reconcile('local', [secret], 0, store)
    expect(objects).toMatchObject([{ ready: true, message: 'Initialized' }])
  })

  it.each([
    ['name', { name: 'b/c', namespace: 'a' }],
    ['namespace', { name: 'c', namespace: 'a/b' }],
  ])('wants no slash in a %s: it would read as that of another object', async (field, metadata) => {
    const named = provider('a', { type: 'generic', address: 'https://a.test' })
    const { objects } = await reconcile('local', [{ ...named, metadata }], 0, {
      read: async () => undefined,
    })
    expect(objects).toMatchObject([
      { ready: false, message: `metadata.${field}: expected a name without a slash` },
    ])
  })

  it.each(NOTIFICATION_VERSIONS)('takes all fields of %s', async (version) => {
    const apiVersion = `notification.toolkit.fluxcd.io/${version}`
    const full = alert('one', 'a', {
      eventSeverity: 'error',
      inclusionList: ['a'],
      exclusionList: ['b'],
      eventMetadata: { env: 'prod' },
      summary: 'impact',
      suspend: false,
    })
    const spec = {
      type: 'slack',
      interval: '10m',
      channel: 'general',
      username: 'flux',
      address: 'https://a.test/hook',
      timeout: '59.9s',
      proxy: 'http://proxy.test:3128',
      suspend: false,
      serviceAccountName: 'x',
    }
    const objects = [provider('a', spec), full].map((object) => ({ ...object, apiVersion }))
    expect(await readinessOf(objects)).toEqual({
      'Alert/one': 'true Succeeded Initialized',
      'Provider/a': 'true Succeeded Initialized',
    })
  })

  it.each([
    [
      'no Provider',
      [alert('one', 'x')],
      /false ProviderNotFound spec\.providerRef\.name: there is no Provider flux-system\/x/,
    ],
    [
      'an unready Provider',
      [provider('a', { type: 'generic' }), alert('one', 'a')],
      /false ProviderNotReady Provider flux-system\/a is not ready: .*address: set spec\.address/,
    ],
    [
      'no sources',
      [hook, alert('one', 'a', { eventSources: [] })],
      /false ValidationFailed spec\.eventSources/,
    ],
    [
      'a source without a name',
      [hook, alert('one', 'a', { eventSources: [{ kind: 'A' }] })],
      /false ValidationFailed spec\.eventSources\[0\]\.name: is missing, expected string/,
    ],
    [
      'a wrong severity',
      [hook, alert('one', 'a', { eventSeverity: 'warning' })],
      /false ValidationFailed spec\.eventSeverity/,
    ],
    [
      'a pattern that does not compile',
      [hook, alert('one', 'a', { exclusionList: ['ok', '('] })],
      /true Succeeded Initialized; spec\.exclusionList\[1\] is ignored, so events that this entry should hold back are sent; it is not an RE2 pattern: .*missing closing \)/,
    ],
    [
      'a pattern of a class that there is not',
      [hook, alert('one', 'a', { inclusionList: ['\\p{Leter}'] })],
      /true Succeeded .*spec\.inclusionList\[0\] is ignored, so events that only this entry lets through are not sent; it is not an RE2 pattern: \\p\{Leter\} does not name a class of characters$/,
    ],
    [
      'a pattern of more repetitions than the relay takes',
      [hook, alert('one', 'a', { exclusionList: ['(?:error.{1,1000}){9}'] })],
      /^false PatternRefused spec\.exclusionList\[0\] is refused, .*: its repetitions and classes stand for more than 5000 characters$/,
    ],
    [
      'a pattern of more steps than the relay takes, and one that does not compile',
      [hook, alert('one', 'a', { inclusionList: ['ok', '[ab]{1000}[ab]{1000}', '('] })],
      /^false PatternRefused spec\.inclusionList\[1\] is refused, so events that only this entry lets through are not sent; it costs too much: .* at most 1200 are allowed; spec\.inclusionList\[2\] is ignored/,
    ],
    [
      'no Provider, and a pattern that does not compile',
      [alert('one', 'x', { exclusionList: ['('] })],
      /false ProviderNotFound .*there is no Provider flux-system\/x; spec\.exclusionList\[0\] is ignored/,
    ],
    [
      'patterns that Go takes',
      [
        hook,
        alert('one', 'a', { exclusionList: ['(?P<n>a)|(?P<n>b)', '\\p{greek}', '\\p{ASCII}'] }),
      ],
      /^true Succeeded Initialized$/,
    ],
    [
      'a field that does not exist',
      [hook, alert('one', 'a', { exclusionlist: [] })],
      /true Succeeded Initialized; spec\.exclusionlist is ignored, there is no such field/,
    ],
    [
      'an unserved version',
      [hook, { ...alert('one', 'a'), apiVersion: 'notification.toolkit.fluxcd.io/v1alpha1' }],
      /false ValidationFailed apiVersion/,
    ],
  ])('of an Alert with %s', async (_, manifests, readiness) => {
    expect((await readinessOf(manifests))['Alert/one']).toMatch(readiness)
  })

  it.each([
    ['59s', ''],
    ['1m', ''],
    ...['15m', '1m30s', '60001ms', '100h'].map((timeout) => [
      timeout,
      '; spec.timeout: counts as 60s, the longest that one attempt may take',
    ]),
  ])('of a Provider with a timeout of %s', async (timeout, note) => {
    const spec = { type: 'slack', address: 'https://a.test/hook', timeout }
    expect(await readinessOf([provider('a', spec)])).toEqual({
      'Provider/a': `true Succeeded Initialized${note}`,
    })
  })

  it.each([
    ['15s', ''],
    ['16s', '; spec.timeout: on AWS a first try takes 15s at most'],
    ['50s', '; spec.timeout: on AWS a first try takes 15s at most'],
    ['51s', '; spec.timeout: on AWS a first try takes 15s at most, a later one 50s at most'],
  ])('of a Provider with a timeout of %s on a host that bounds tries', async (timeout, note) => {
    const spec = { type: 'slack', address: 'https://a.test/hook', timeout }
    const bounds = { where: 'on AWS', firstTryMs: 15_000, laterTryMs: 50_000 }
    const secrets = { read: async () => undefined }
    const manifests = [provider('a', spec)]
    const { objects } = await reconcile('prod', manifests, 0, secrets, noPause, { bounds })
    expect(objects).toMatchObject([{ ready: true, message: `Initialized${note}` }])
  })

  it.each([
    [
      'an unknown type',
      { type: 'carrier-pigeon' },
      {},
      /false ValidationFailed spec\.type: unknown type carrier-pigeon$/m,
    ],
    ['a typing error in the type', { type: 'Slak' }, {}, /unknown type Slak; did you mean slack\?/],
    ['no type', {}, {}, /false ValidationFailed spec\.type/],
    ['a bad timeout', { type: 'slack', timeout: 'soon' }, {}, /spec\.timeout: expected a duration/],
    ['a timeout of nothing', { type: 'slack', timeout: '0s' }, {}, /spec\.timeout/],
    [
      'a long address',
      { type: 'slack', address: `https://a/${'x'.repeat(2_048)}` },
      {},
      /spec\.address/,
    ],
    [
      'a CEL error',
      { type: 'github', commitStatusExpr: 'event.' },
      {},
      /false ValidationFailed spec\.commitStatusExpr/,
    ],
    [
      'CEL that gives no string',
      { type: 'github', commitStatusExpr: '1 + 1' },
      {},
      /must give a string/,
    ],
    [
      'a missing Secret',
      { type: 'slack', secretRef: { name: 's' } },
      {},
      /false SecretNotFound Secret flux-system\/s is not known to the relay \(spec\.secretRef of Provider flux-system\/a\)/,
    ],
    [
      'a missing proxy Secret',
      { type: 'slack', address: 'https://a', proxySecretRef: { name: 's' } },
      {},
      /false SecretNotFound .*spec\.proxySecretRef/,
    ],
    [
      'a username alone',
      { type: 'slack', address: 'https://a', secretRef: { name: 's' } },
      { 'flux-system/s': { username: 'u' } },
      /add the password/,
    ],
    [
      'a bad proxy',
      { type: 'slack', address: 'https://a', proxy: 'ftp://x' },
      {},
      /spec\.proxy: expected/,
    ],
    [
      'an empty proxy Secret',
      { type: 'slack', address: 'https://a', proxySecretRef: { name: 's' } },
      { 'flux-system/s': {} },
      /proxySecretRef: the Secret needs the key address/,
    ],
    [
      'an empty certificate Secret',
      { type: 'slack', address: 'https://a', certSecretRef: { name: 's' } },
      { 'flux-system/s': {} },
      /certSecretRef: the Secret has none/,
    ],
    [
      'a certificate without its key',
      { type: 'slack', address: 'https://a', certSecretRef: { name: 's' } },
      { 'flux-system/s': { 'tls.crt': 'x' } },
      /tls\.crt and tls\.key go together/,
    ],
    [
      'headers that are no map',
      { type: 'generic', address: 'https://a', secretRef: { name: 's' } },
      { 'flux-system/s': { headers: '- a' } },
      /headers is not a map/,
    ],
  ])('of a Provider with %s', async (_, spec, secrets, readiness) => {
    expect((await readinessOf([provider('a', spec)], secrets))['Provider/a']).toMatch(readiness)
  })

  it('shows no Secret value', async () => {
    const secrets = {
      'flux-system/s': { address: 'canary-value', proxy: 'canary-proxy', headers: 'canary: [a' },
    }
    const spec = { type: 'slack', secretRef: { name: 's' } }
    expect(JSON.stringify(await readinessOf([provider('a', spec)], secrets))).not.toContain(
      'canary',
    )
  })
})

describe('UIDs', () => {
  it('are kept when given, and else stable by cluster, kind, namespace and name', () => {
    const uidOf = (cluster: string, manifest: KubernetesObject) => {
      const result = parseAlert(cluster, manifest)
      return 'object' in result ? result.object.metadata.uid : undefined
    }
    const given = { ...alert('one', 'a'), metadata: { name: 'one', namespace: 'x', uid: 'given' } }
    expect(uidOf('local', given)).toBe('given')
    expect(uidOf('local', alert('one', 'a'))).toBe(
      derivedUid('local', 'Alert', 'flux-system', 'one'),
    )
    expect(uidOf('local', alert('one', 'a'))).not.toBe(uidOf('prod', alert('one', 'a')))
    expect(uidOf('local', alert('one', 'a'))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  })
})

it('lets others work while it judges and compiles a large set', async () => {
  const manifests = [
    ...Array.from({ length: 100 }, (_, n) =>
      provider(`p${n}`, { type: 'generic', address: 'https://a.test' }),
    ),
    ...Array.from({ length: 200 }, (_, n) => alert(`a${n}`, `p${n % 100}`)),
  ]
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const store = { read: async () => undefined }
  const snapshot = await reconcile('local', manifests, 0, store, pause)
  expect(snapshot.objects).toHaveLength(300)
  expect(pauses).toBeGreaterThanOrEqual(15)
  pauses = 0
  const table = await compileInSlices(snapshot, pause)
  expect(pauses).toBeGreaterThanOrEqual(15)
  const whole = compileRoutingTable(snapshot)
  expect([...table.alertsByUid.keys()]).toEqual([...whole.alertsByUid.keys()])
  expect([...table.providers.keys()]).toEqual([...whole.providers.keys()])
  const sourcesOf = ({ sources }: typeof table) =>
    sources.for('Kustomization', 'flux-system')?.all.map(({ source }) => source)
  expect(sourcesOf(table)).toEqual(sourcesOf(whole))
})

/** A function has 29 seconds; Secrets Manager answers in less than this. Milliseconds. */
const FUNCTION_MS = 29_000
const READ_MS = 100

/** A store that answers all that was asked when a round begins, and counts what is asked. */
function storeInRounds(find: (name: string, isFresh: boolean) => SecretData | undefined) {
  const seen = { rounds: 0, mostAtOnce: 0, asked: [] as string[] }
  const waiting: (() => void)[] = []
  const answerAll = () => {
    seen.rounds += 1
    seen.mostAtOnce = Math.max(seen.mostAtOnce, waiting.length)
    for (const answer of waiting.splice(0)) answer()
  }
  const store = secretsFound((_, name, isFresh) => find(name, isFresh))
  const read: typeof store.read = async (...question) => {
    const [, namespace, name, { fresh = false } = {}] = question
    seen.asked.push(`${namespace}/${name} ${fresh ? 'fresh' : 'cached'}`)
    if (waiting.length === 0) setImmediate(answerAll)
    await new Promise<void>((resolve) => waiting.push(resolve))
    return store.read(...question)
  }
  return { seen, store: { read } }
}

describe('the Secrets of a large set', () => {
  const naming = (count: number, secretOf: (n: number) => string) =>
    Array.from({ length: count }, (_, n) =>
      provider(`p${n}`, { type: 'generic', secretRef: { name: secretOf(n) } }),
    )

  it('are read in the time of a function when 2,000 Providers miss theirs', async () => {
    const { seen, store } = storeInRounds(() => undefined)
    const { objects } = await reconcile(
      'local',
      naming(2_000, (n) => `s${n}`),
      0,
      store,
    )
    expect(objects.map(({ reason }) => reason)).toEqual(Array(2_000).fill('SecretNotFound'))
    expect(seen.rounds * READ_MS).toBeLessThan(FUNCTION_MS)
    expect(seen.mostAtOnce).toBeLessThanOrEqual(60)
    // By the cache, and past it: each once.
    expect(seen.asked).toHaveLength(4_000)
    expect(new Set(seen.asked).size).toBe(4_000)
  })

  it('are read once each, however many Providers name one', async () => {
    const { seen, store } = storeInRounds((name) => ({ address: `https://${name}.test` }))
    const { objects } = await reconcile(
      'local',
      naming(100, (n) => `s${n % 3}`),
      0,
      store,
    )
    expect(objects.every(({ ready }) => ready)).toBe(true)
    expect(seen.asked.toSorted()).toEqual(
      ['s0', 's1', 's2'].map((name) => `flux-system/${name} cached`),
    )
  })

  it('are told in the order of the set, and a store that fails makes no answer', async () => {
    const { store } = storeInRounds((name) => (name === 's1' ? undefined : { address: 'x' }))
    const { objects } = await reconcile(
      'local',
      naming(3, (n) => `s${n}`),
      0,
      store,
    )
    expect(objects.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2'])
    const failing = { read: () => Promise.reject(new Error('throttled')) }
    const judging = reconcile(
      'local',
      naming(3, (n) => `s${n}`),
      0,
      failing,
    )
    await expect(judging).rejects.toThrow('throttled')
  })
})
