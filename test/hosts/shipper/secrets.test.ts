import { beforeEach, describe, expect, it } from 'vitest'
import { SecretsManagerCopies } from '../../../adapters/aws/secrets-manager-copies.ts'
import { startCluster, type TestCluster } from '../../support/kubernetes/cluster.ts'
import { startDoubleCluster } from '../../support/kubernetes/double-cluster.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { newTurns, setCopiesOn, writerOn } from '../../support/secret-sets.ts'
import {
  copyOf,
  GRACE_MS,
  providerNaming,
  runSync,
  type SyncOptions,
  secretOf,
} from '../../support/secret-sync.ts'
import { type OpenSecrets, secretsManager } from '../../support/secrets.ts'

const CANARY = 'hunter2-canary'

/** All that the shipper's role has for this. */
const GET_SECRETS = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]

const { openSecrets } = secretsManager()
let cluster: TestCluster
let secrets: OpenSecrets
let clock: ManualClock

beforeEach(async () => {
  cluster = await startCluster({ rules: GET_SECRETS })
  secrets = openSecrets()
  clock = new ManualClock()
})

const SLACK = [providerNaming('slack')]

const start = (options: Partial<SyncOptions> = {}) =>
  runSync({ cluster, secrets, clock, providers: SLACK, ...options })

const applySlack = (token: string, more = {}) => cluster.apply(secretOf('slack', { token }, more))

const removeSlack = () =>
  cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace: 'flux-system', name: 'slack' })

async function removeCopy(): Promise<void> {
  const copies = new SecretsManagerCopies({ ...secrets, cluster: 'prod' })
  await copies.remove({ namespace: 'flux-system', name: 'slack' })
}

/** The Secrets that were asked for, each once. */
const asked = () => [...new Set(cluster.requests.map(({ verb, path }) => `${verb} ${path}`))].sort()

/** Once. */
function deny(operation: string): void {
  secrets.before(operation, () => {
    const message = `not authorized to ${operation}`
    throw Object.assign(new Error(message), { name: 'AccessDeniedException' })
  })
}

describe('copies', () => {
  it('exactly the Secrets that Providers name, each read by its name alone', async () => {
    await applySlack('xoxb', { data: { token: 'eG94Yg==', address: 'aHR0cHM6Ly9hLmV4YW1wbGU=' } })
    await cluster.apply(secretOf('ca', { 'ca.crt': 'PEM' }, { type: 'Opaque' }))
    await cluster.apply(secretOf('proxy', { address: 'http://proxy.example' }))
    await cluster.apply(secretOf('unnamed', { token: CANARY }))
    const elsewhere = { metadata: { namespace: 'team-a', name: 'slack' } }
    await cluster.apply(secretOf('slack', { token: CANARY }, elsewhere))
    const more = { certSecretRef: { name: 'ca' }, proxySecretRef: { name: 'proxy' } }
    const sync = await start({
      providers: [
        providerNaming('slack', more),
        providerNaming('slack'),
        { kind: 'Provider', metadata: { namespace: 'team-a' }, spec: { secretRef: { name: 1 } } },
        { kind: 'Provider', metadata: { namespace: 'team-a' }, spec: 'none' },
        providerNaming('../../../secrets', {}, 'team-a'),
        providerNaming('slack', {}, 'team-a/secrets/slack?'),
      ],
    })
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'xoxb', address: 'https://a.example' })
    expect(await copyOf(secrets, 'ca')).toEqual({ 'ca.crt': 'PEM' })
    expect(await copyOf(secrets, 'proxy')).toEqual({ address: 'http://proxy.example' })
    expect(await copyOf(secrets, 'unnamed')).toBeUndefined()
    expect(await copyOf(secrets, 'slack', 'team-a')).toBeUndefined()
    expect(asked()).toEqual(
      ['ca', 'proxy', 'slack'].map((name) => `get /api/v1/namespaces/flux-system/secrets/${name}`),
    )
    expect([...sync.said].sort()).toEqual(
      ['ca', 'proxy', 'slack'].map((name) => `created flux-system/${name}`),
    )
    expect(sync.written()).toBe(1)
    await sync.pass()
    expect(sync.written()).toBe(1)
  })

  it('a change within a minute, and nothing that did not change', async () => {
    await applySlack('a')
    const sync = await start()
    await sync.pass()
    const annotated = { metadata: { namespace: 'flux-system', name: 'slack', labels: { a: 'b' } } }
    await applySlack('a', annotated)
    await sync.pass()
    expect(sync.operations).toEqual(['PutSecretValue', 'CreateSecret'])
    await applySlack('b')
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
    expect(sync.said).toEqual(['created flux-system/slack', 'updated flux-system/slack'])
    expect(Math.min(...sync.waits)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...sync.waits)).toBeLessThanOrEqual(60_000)
  })

  it('nothing anew after a restart, but what changed in between', async () => {
    await applySlack('a')
    await cluster.apply(secretOf('teams', { token: 'a' }))
    const providers = [...SLACK, providerNaming('teams')]
    const before = await start({ providers })
    await before.stop()
    await applySlack('b')
    const { operations } = await start({ providers, directory: before.directory })
    expect(operations.toSorted()).toEqual(['DescribeSecret', 'PutSecretValue'])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })

  it.each([
    ['a new volume', {}],
    ['another place', { target: 'elsewhere' }],
  ])('all once more with %s', async (_, changed) => {
    await applySlack('a')
    const before = await start()
    await before.stop()
    const { directory } = before
    const sync = await start('target' in changed ? { directory, ...changed } : {})
    expect(sync.said).toEqual(['replaced flux-system/slack'])
  })

  it.each([
    [
      'changes',
      () => secrets.put('secrets/prod/flux-system/slack', '{"token":"theirs"}'),
      'updated',
    ],
    ['deletes', removeCopy, 'restored'],
  ])('anew within an hour what somebody %s in Secrets Manager', async (_, meddle, how) => {
    await applySlack('a')
    const sync = await start()
    await meddle()
    clock.advance(3_600_000 - 1)
    await sync.pass()
    expect(sync.said).toHaveLength(1)
    clock.advance(1)
    await sync.pass()
    await sync.pass()
    expect(sync.said.slice(1)).toEqual([`${how} flux-system/slack`])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it('what Providers name from now on, at once, and waits when only their status changes', async () => {
    await applySlack('a')
    const sync = await start({ providers: undefined })
    expect(sync.operations).toEqual([])
    sync.provide(SLACK)
    await sync.idle()
    expect(sync.said).toEqual(['created flux-system/slack'])
    const passes = sync.waits.length
    sync.provide([{ ...SLACK[0], status: { conditions: [] } }])
    await new Promise((resolve) => setImmediate(resolve))
    expect(sync.waits).toHaveLength(passes)
  })

  it('a Secret that comes after its Provider, told once that it is missing', async () => {
    const sync = await start()
    await sync.pass()
    await applySlack('a')
    await sync.pass()
    expect(sync.said).toEqual(['missing flux-system/slack', 'created flux-system/slack'])
  })

  it('values that are not UTF-8 as the nearest text, and says so', async () => {
    await applySlack('', { data: { token: 'YQ==', keystore: '/wD+' } })
    const sync = await start()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a', keystore: '\ufffd\0\ufffd' })
    expect(sync.said).toEqual(['created flux-system/slack', 'binary flux-system/slack: 1'])
  })
})

describe('refuses', () => {
  it.each([
    ['kubernetes.io/service-account-token', { 'kubernetes.io/service-account.name': 'default' }],
    ['bootstrap.kubernetes.io/token', {}],
    ['helm.sh/release.v1', {}],
  ])('a Secret of type %s', async (type, annotations) => {
    const metadata = { namespace: 'flux-system', name: 'slack', annotations }
    await applySlack(CANARY, { metadata, type })
    const sync = await start()
    await sync.pass()
    expect(sync.said).toEqual([
      `refused flux-system/slack: Secret flux-system/slack is of type ${type}, which is never copied`,
    ])
    expect(sync.operations).toEqual([])
  })

  it('one that is too large, and leaves the copy of what it was', async () => {
    await applySlack('a')
    const sync = await start()
    await applySlack(CANARY.repeat(5_000))
    await sync.pass()
    clock.advance(2 * GRACE_MS)
    await sync.pass()
    expect(sync.said.slice(1)).toEqual([
      'refused flux-system/slack: Secret flux-system/slack has 70012 bytes as JSON, more than the 65536 that fit',
    ])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })
})

describe('deletes', () => {
  it('a copy that no Provider has named for the grace time, also through a restart', async () => {
    await applySlack('a')
    const before = await start()
    before.provide([])
    await before.idle()
    clock.advance(GRACE_MS - 1)
    await before.pass()
    await before.stop()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    clock.advance(1)
    const sync = await start({ directory: before.directory, providers: [] })
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
    expect(sync.said).toEqual(['deleted flux-system/slack'])
    expect(sync.written()).toBe(1)
  })

  it('a copy that was named again in between, a whole grace time after that', async () => {
    await applySlack('a')
    const sync = await start()
    for (const providers of [[], SLACK, []]) {
      clock.advance(GRACE_MS / 2)
      sync.provide(providers)
      await sync.idle()
      await sync.pass()
    }
    clock.advance(GRACE_MS - 1)
    await sync.pass()
    expect(sync.said).toEqual(['created flux-system/slack'])
    clock.advance(1)
    await sync.pass()
    expect(sync.said.slice(1)).toEqual(['deleted flux-system/slack'])
  })

  it('a copy whose Secret is gone, unless it comes back within the grace time', async () => {
    await applySlack('a')
    const sync = await start()
    await removeSlack()
    await sync.pass()
    clock.advance(GRACE_MS - 1)
    await applySlack('a')
    await sync.pass()
    await removeSlack()
    await sync.pass()
    clock.advance(GRACE_MS - 1)
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    clock.advance(1)
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
    expect(sync.said.at(-1)).toBe('deleted flux-system/slack')
  })

  it('in a way that is taken back when a Provider names it again', async () => {
    await applySlack('a')
    const sync = await start()
    sync.provide([])
    await sync.idle()
    clock.advance(GRACE_MS)
    await sync.pass()
    await applySlack('b')
    sync.provide(SLACK)
    await sync.idle()
    expect(sync.said.slice(1)).toEqual(['deleted flux-system/slack', 'restored flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
  })

  it('not what a person put there, though it has the value of the cluster now', async () => {
    await secrets.put('secrets/prod/flux-system/slack', '{"token":"mine"}')
    await applySlack('a')
    const sync = await start()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    sync.provide([])
    await sync.idle()
    clock.advance(GRACE_MS)
    await sync.pass()
    await sync.pass()
    expect(sync.said).toEqual(['replaced flux-system/slack', 'kept flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it('after the grace time of a clock that was set back', async () => {
    await applySlack('a')
    const sync = await start()
    const now = clock.now()
    clock.set(now + 1_000 * GRACE_MS)
    sync.provide([])
    await sync.idle()
    clock.set(now)
    await sync.pass()
    clock.set(now + GRACE_MS)
    await sync.pass()
    expect(sync.said.at(-1)).toBe('deleted flux-system/slack')
  })

  it('nothing before Providers are known', async () => {
    await applySlack('a')
    const before = await start()
    before.provide([])
    await before.idle()
    await before.stop()
    clock.advance(2 * GRACE_MS)
    const sync = await start({ directory: before.directory, providers: undefined })
    sync.provide(SLACK)
    await sync.idle()
    expect(sync.said).toEqual([])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it.each([
    ['nobody may read it', () => cluster.allow([])],
    ['the API is down', () => cluster.setDown(true)],
  ])('nothing because %s', async (_, breakIt) => {
    await applySlack('a')
    const sync = await start()
    await breakIt()
    await sync.pass()
    clock.advance(2 * GRACE_MS)
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    expect(sync.said[1]).toMatch(
      /^(refused|failed) flux-system\/slack: GET \/api\/v1\/namespaces\//,
    )
  })

  it('nothing because something that is no API server says 404', async () => {
    const double = await startDoubleCluster()
    await double.apply(secretOf('slack', { token: 'a' }))
    const sync = await start({ cluster: double })
    const page = { status: 404, times: 2, body: '<h1>default backend</h1>' }
    double.answerNext({ verb: 'get', resource: 'secrets' }, page)
    await sync.pass()
    clock.advance(2 * GRACE_MS)
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })
})

describe('failures', () => {
  it('are tried again soon and rarer, one Secret holding up no other', async () => {
    await applySlack(CANARY)
    await cluster.apply(secretOf('teams', { token: 'a' }))
    deny('CreateSecret')
    const sync = await start({ providers: [providerNaming('slack'), providerNaming('teams')] })
    expect([...sync.said].sort()).toEqual([
      expect.stringMatching(/^created flux-system\/(teams|slack)$/),
      expect.stringMatching(
        /^failed flux-system\/\w+: .*\/\w+ in Secrets Manager: AccessDeniedException: not authorized/,
      ),
    ])
    expect(sync.waits).toEqual([1_500])
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: CANARY })
    expect(await copyOf(secrets, 'teams')).toEqual({ token: 'a' })
    expect(sync.waits.at(-1)).toBe(45_000)
    expect(sync.said.join()).not.toContain(CANARY)
  })

  it('of a deletion are tried again', async () => {
    await applySlack('a')
    const sync = await start()
    sync.provide([])
    await sync.idle()
    clock.advance(GRACE_MS)
    deny('DeleteSecret')
    await sync.pass()
    expect(sync.said.at(-1)).toMatch(/^failed flux-system\/slack: .*AccessDeniedException/)
    await sync.pass()
    expect(sync.said.at(-1)).toBe('deleted flux-system/slack')
  })

  it('leave nothing behind: a copy whose creation was never answered is deleted too', async () => {
    await applySlack('a')
    secrets.before('CreateSecret', async () => {
      const copies = new SecretsManagerCopies({ ...secrets, cluster: 'prod' })
      await copies.write({ namespace: 'flux-system', name: 'slack' }, { token: 'a' })
      throw new Error('the connection broke')
    })
    const before = await start()
    await before.stop()
    const sync = await start({ directory: before.directory, providers: [] })
    clock.advance(GRACE_MS)
    await sync.pass()
    expect(sync.said).toEqual(['deleted flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
  })

  it('do not hide that a copy was written whose answer was lost', async () => {
    await applySlack('a')
    const sync = await start()
    await applySlack('b')
    secrets.before('PutSecretValue', async () => {
      const copies = new SecretsManagerCopies({ ...secrets, cluster: 'prod' })
      await copies.write({ namespace: 'flux-system', name: 'slack' }, { token: 'b' })
      throw new Error('the connection broke')
    })
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'b' })
    await applySlack('a')
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it('do not hide that a copy was deleted whose answer was lost', async () => {
    await applySlack('a')
    const sync = await start({ graceMs: 60_000 })
    sync.provide([])
    await sync.idle()
    secrets.before('DeleteSecret', async () => {
      await removeCopy()
      throw new Error('the connection broke')
    })
    clock.advance(60_000)
    await sync.pass()
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
    sync.provide(SLACK)
    await sync.idle()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it('of the Kubernetes API are told once when only a person can mend them', async () => {
    await applySlack('a')
    await cluster.allow([])
    const sync = await start()
    await sync.pass()
    expect(sync.said).toEqual([
      expect.stringMatching(/^refused flux-system\/slack: GET .*HTTP 403: .*forbidden/),
    ])
    await cluster.allow(GET_SECRETS)
    await sync.pass()
    expect(sync.said.at(-1)).toBe('created flux-system/slack')
  })
})

it('stops once the requests in flight are answered, and does the rest after the next start', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `secret-${index}`)
  const providers = names.map((name) => providerNaming(name))
  const applyAll = async (token: string) => {
    for (const name of names) await cluster.apply(secretOf(name, { token }))
  }
  await applyAll('a')
  const sync = await start({ providers })
  const before = sync.operations.length
  await applyAll('b')
  const stopped = Promise.withResolvers<boolean>()
  secrets.before('PutSecretValue', () => stopped.resolve(sync.stop()))
  void sync.pass()
  expect(await stopped.promise).toBe(true)
  const done = sync.operations.length - before
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThanOrEqual(4)
  const { said } = await start({ providers, directory: sync.directory })
  expect(said).toHaveLength(names.length - done)
  expect(await copyOf(secrets, 'secret-8')).toEqual({ token: 'b' })
})

describe('with a place to take turns', () => {
  const NAMES = Array.from({ length: 20 }, (_, n) => `s${n}`)

  it('copies all into one secret, in one or two writes', async () => {
    for (const name of NAMES) await cluster.apply(secretOf(name, { token: name }))
    const providers = NAMES.map((name) => providerNaming(name))
    const sync = await start({ providers, copies: setCopiesOn(secrets) })
    expect(sync.said.toSorted()).toEqual(NAMES.map((name) => `created flux-system/${name}`).sort())
    const writes = sync.operations.filter((each) => /^(Create|Put)/.test(each))
    expect(writes.length).toBeLessThanOrEqual(2)
    expect(await copyOf(secrets, 's19')).toEqual({ token: 's19' })
    await sync.pass()
    expect(sync.operations.filter((each) => /^(Create|Put)/.test(each))).toEqual(writes)
  })

  it('moves what a shipper of before has copied, which is read at each moment', async () => {
    await applySlack('a')
    const before = await start()
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    await before.stop()
    const copies = setCopiesOn(secrets)
    const sync = await start({ directory: before.directory, copies })
    expect(sync.said).toEqual(['created flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
    expect(sync.operations).toContain('DeleteSecret')
    sync.provide([])
    await sync.idle()
    clock.advance(GRACE_MS)
    await sync.pass()
    expect(sync.said.slice(1)).toEqual(['deleted flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toBeUndefined()
  })

  it('says what it cannot delete of before, and goes on', async () => {
    await applySlack('a')
    const before = await start()
    await before.stop()
    deny('DeleteSecret')
    const sync = await start({ directory: before.directory, copies: setCopiesOn(secrets) })
    expect(sync.said).toEqual([
      'created flux-system/slack',
      expect.stringMatching(/^left flux-system\/slack: .*AccessDeniedException/),
    ])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })

  it('writes anew what somebody changed, within the hour', async () => {
    await applySlack('a')
    const turns = newTurns()
    const sync = await start({ copies: setCopiesOn(secrets, turns) })
    await writerOn(secrets, turns).write('prod', 'flux-system', 'slack', { token: 'mine' })
    clock.advance(3_600_000)
    await sync.pass()
    expect(sync.said).toEqual(['created flux-system/slack', 'updated flux-system/slack'])
    expect(await copyOf(secrets, 'slack')).toEqual({ token: 'a' })
  })
})
