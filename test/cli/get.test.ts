import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { commandTargets, openHttpTarget } from '../support/command-targets.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'

const MINUTE_MS = 60_000

/** What a terminal would obey: escape, C1, and a bidirectional override. */
const SEQUENCES = 'a\u001b[31mb\u009b2Jc\u0085d\u007fe'

const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'

function alert(name: string, namespace = 'flux-system') {
  const creationTimestamp = new Date(Date.now() - 5 * MINUTE_MS - 1_000).toISOString()
  const metadata = { name, namespace, creationTimestamp }
  return { apiVersion, kind: 'Alert', metadata, spec: { providerRef: { name: 'slack' } } }
}

const provider = {
  apiVersion,
  kind: 'Provider',
  metadata: { name: 'slack', namespace: 'flux-system' },
  spec: { type: 'slack' },
}

function readiness(kind: string, name: string, changes: object = {}) {
  const ready = { ready: true, reason: 'Succeeded', message: 'Initialized' }
  return { kind, namespace: 'flux-system', name, ...ready, ...changes }
}

const CONFIG: ConfigSnapshot = {
  cluster: 'prod',
  revision: 'r1',
  takenAt: 1_000,
  manifests: [alert('on-call'), alert('team', 'apps'), alert('night'), provider],
  objects: [
    readiness('Alert', 'on-call'),
    readiness('Alert', 'night', { ready: false, reason: 'ProviderNotFound', message: SEQUENCES }),
    readiness('Alert', 'team', { namespace: 'apps' }),
    readiness('Provider', 'slack'),
    // Not valid, and so without a manifest in force.
    readiness('Provider', 'broken', { ready: false, reason: 'ValidationFailed', message: 'no' }),
  ],
}

function rows(table: string): readonly (readonly string[])[] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {3,}/))
}

describe.each(commandTargets())('flux-relay get alerts and providers %s', (_, open) => {
  it('shows what takes effect, in the columns of Flux', async () => {
    const target = await open()
    await target.ports.configs.replace(CONFIG)
    const get = (...args: readonly string[]) => target.run(['get', ...args, '--cluster', 'prod'])
    const [alerts, all, wide, providers, named] = await Promise.all([
      get('alerts'),
      get('alerts', '-A'),
      get('alerts', '-n', 'apps', '-o', 'wide'),
      get('providers', '-o', 'wide'),
      get('alerts', 'on-call', 'nosuch', 'team'),
    ])
    expect(rows(alerts.stdout)).toEqual([
      ['NAME', 'READY', 'STATUS', 'AGE'],
      ['night', 'False', 'a [31mb 2Jc d e', '5m'],
      ['on-call', 'True', 'Initialized', '5m'],
    ])
    expect(rows(all.stdout).map((row) => row.slice(0, 3))).toEqual([
      ['NAMESPACE', 'NAME', 'READY'],
      ['apps', 'team', 'True'],
      ['flux-system', 'night', 'False'],
      ['flux-system', 'on-call', 'True'],
    ])
    expect(rows(wide.stdout)).toEqual([
      ['NAME', 'READY', 'STATUS', 'AGE', 'REASON', 'PROVIDER'],
      ['team', 'True', 'Initialized', '5m', 'Succeeded', 'slack'],
    ])
    expect(rows(providers.stdout)).toEqual([
      ['NAME', 'READY', 'STATUS', 'AGE', 'REASON', 'TYPE'],
      ['broken', 'False', 'no', '<unknown>', 'ValidationFailed'],
      ['slack', 'True', 'Initialized', '<unknown>', 'Succeeded', 'slack'],
    ])
    expect([alerts, all, wide, providers].map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(rows(named.stdout).map(([name]) => name)).toEqual(['NAME', 'on-call'])
    expect(named.stderr).toBe('flux-relay: there is no Alert nosuch, team\n')
    expect(named.code).toBe(1)
  })
})

/** Records of prod, the latest first. */
function records(): readonly DeliveryRecord[] {
  const now = Date.now()
  const dead = { outcome: 'dead', reason: SEQUENCES, notes: ['C1 alone \u009b2J'] } as const
  const changes: readonly RecordChanges[] = [
    { id: 'latest' },
    { id: 'other-provider', provider: { namespace: 'apps', name: 'x', uid: 'u', type: 'generic' } },
    { id: 'dead', ...dead },
    { id: 'other-alert', alert: { namespace: 'apps', name: 'team', uid: 'v' } },
    { id: 'retry', outcome: 'retry', attempt: 3, tries: 2, dueAt: Date.UTC(2026, 10, 20) },
    { id: 'other-object', event: event('backend') },
    { id: 'old', acceptedAt: now - 3 * 60 * MINUTE_MS },
  ]
  return changes.map((change, index) =>
    deliveryRecord({ cluster: 'prod', acceptedAt: now - index * 1_000, ...change }),
  )
}

describe.each(commandTargets())('flux-relay get deliveries %s', (_, open) => {
  it('shows those that the options select, the latest first', async () => {
    const target = await open()
    const all = records()
    await target.ports.ledger.writeMany(all.map((record) => ({ record, expected: 'absent' })))
    const ids = async (...args: readonly string[]) => {
      const list = ['get', 'deliveries', '--cluster', 'prod', '-o', 'json', ...args]
      const { stdout, stderr } = await target.run(list)
      expect(stderr).toBe('')
      return (JSON.parse(stdout) as readonly DeliveryRecord[]).map(({ id }) => id)
    }
    const everything = all.map(({ id }) => id)
    const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['-A'], everything],
      [['--outcome', 'dead'], ['dead']],
      [['--alert', 'apps/team'], ['other-alert']],
      [['-n', 'apps'], ['other-alert']],
      [['--provider', 'apps/x'], ['other-provider']],
      [['--object', 'Kustomization/flux-system/backend'], ['other-object']],
      [['--until', '1h'], ['old']],
      [
        ['--since', '1h', '-n', 'flux-system', '--limit', '2'],
        ['latest', 'other-provider'],
      ],
    ]
    const found = await Promise.all(cases.map(([args]) => ids(...args)))
    expect(found).toEqual(cases.map(([, expected]) => expected))
  })

  it('shows those that are named, and fails for one that is not there', async () => {
    const target = await open()
    const [latest, ...more] = records()
    if (!latest) throw new Error('there are records')
    const writes = [latest, ...more].map((record) => ({ record, expected: 'absent' as const }))
    await target.ports.ledger.writeMany(writes)
    // Ids need no cluster, also on AWS.
    const get = (...args: readonly string[]) => target.run(['get', 'deliveries', ...args])
    const [wide, yaml, missing] = await Promise.all([
      get('retry', 'dead', '-o', 'wide'),
      get('dead', '-o', 'yaml'),
      get('dead', 'nosuch'),
    ])
    const object = 'Kustomization/flux-system/podinfo'
    const [slack, onCall] = ['flux-system/slack', 'flux-system/on-call']
    const age = expect.stringMatching(/^\d+s$/)
    expect(rows(wide.stdout)).toEqual([
      [
        ...['ID', 'AGE', 'OUTCOME', 'TRIES', 'OBJECT', 'PROVIDER', 'REASON'],
        ...['CLUSTER', 'ALERT', 'TRY', 'NEXT'],
      ],
      [
        'retry',
        age,
        'retry',
        '2',
        object,
        slack,
        'slack answered 200',
        'prod',
        onCall,
        '3',
        '2026-11-20T00:00:00.000Z',
      ],
      ['dead', age, 'dead', '1', object, slack, 'a [31mb 2Jc d e', 'prod', onCall, '1'],
    ])
    expect(parse(yaml.stdout)).toMatchObject([
      { id: 'dead', reason: SEQUENCES, cluster: 'prod', notes: ['C1 alone \u009b2J'] },
    ])
    expect(yaml.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(missing).toEqual({
      code: 1,
      stdout: '',
      stderr: 'flux-relay: there is no delivery nosuch\n',
    })
  })
})

describe('flux-relay get alerts', () => {
  it('prints documents that read back as they were, with escapes for the terminal', async () => {
    const target = await openHttpTarget()
    await target.ports.configs.replace(CONFIG)
    const get = (format: string) =>
      target.run(['get', 'alerts', 'night', '--cluster', 'prod', '-o', format])
    const [json, yaml] = await Promise.all([get('json'), get('yaml')])
    const condition = { type: 'Ready', status: 'False', reason: 'ProviderNotFound' }
    const manifest = CONFIG.manifests[2]
    const status = { conditions: [{ ...condition, message: SEQUENCES }] }
    const expected = { apiVersion: 'v1', kind: 'List', items: [{ ...manifest, status }] }
    expect(JSON.parse(json.stdout)).toEqual(expected)
    expect(parse(yaml.stdout)).toEqual(expected)
    expect(json.stdout + yaml.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
  })

  it('says when a cluster has no configuration', async () => {
    const target = await openHttpTarget()
    expect(await target.run(['get', 'alerts', '--cluster', 'prod'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'flux-relay: the cluster prod has no configuration yet\n',
    })
  })
})

describe('flux-relay get deliveries', () => {
  it('reads as many pages as it shows, and for a namespace as many as it takes', async () => {
    const { ports, server } = await startRelay()
    const count = 450
    const alertOf = (index: number) =>
      index % 10 === 0 ? { alert: { namespace: 'apps', name: 'team', uid: 'v' } } : {}
    ports.ledger.put(
      ...Array.from({ length: count }, (_, index) =>
        deliveryRecord({ id: `d-${index}`, acceptedAt: 1_000_000 - index, ...alertOf(index) }),
      ),
    )
    const get = async (...args: readonly string[]) => {
      const relay = ['--relay', `http://127.0.0.1:${server.port}`]
      const { stdout } = await fluxRelay(['get', 'deliveries', ...args, ...relay])
      return rows(stdout)
        .slice(1)
        .map(([id]) => id)
    }
    const [usual, many, apps, bad] = await Promise.all([
      get(),
      get('--limit', '430'),
      get('-n', 'apps', '--limit', '44'),
      fluxRelay(['get', 'deliveries', '--limit', '0']),
    ])
    const first = (n: number, step = 1) => Array.from({ length: n }, (_, i) => `d-${i * step}`)
    expect(usual).toEqual(first(50))
    expect(many).toEqual(first(430))
    expect(apps).toEqual(first(44, 10))
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('from 1 to 999999') })
  })

  it('ends quietly when its reader has enough', async () => {
    const { ports, server } = await startRelay()
    ports.ledger.put(...Array.from({ length: 200 }, (_, n) => deliveryRecord({ id: `d-${n}` })))
    const url = `http://127.0.0.1:${server.port}`
    const args = ['get', 'deliveries', '--limit', '200', '-o', 'json', '--relay', url]
    const { code, stderr } = await fluxRelayProcess(args, { readsNothing: true })
    expect([code, stderr]).toEqual([1, ''])
  })

  it("wants an operator's token, and says what is wrong with a filter", async () => {
    const { server } = await startRelay({ tokens: TOKENS })
    const get = (token: string, ...args: readonly string[]) =>
      fluxRelay(['get', ...args, '--relay', `http://127.0.0.1:${server.port}`], { token })
    const [cluster, filter, config] = await Promise.all([
      get(PROD, 'deliveries'),
      get(OPERATOR, 'deliveries', '--outcome', 'lost'),
      get(OPERATOR, 'alerts', '--cluster', 'prod'),
    ])
    expect(cluster.stderr).toMatch(/^flux-relay: the relay answered 401: .* of an operator\n$/)
    expect(filter.stderr).toMatch(/^flux-relay: the relay answered 400: outcome: /)
    // An operator may see it, and there is none.
    expect(config.stderr).toBe('flux-relay: the cluster prod has no configuration yet\n')
    expect([cluster, filter, config].map(({ code }) => code)).toEqual([1, 1, 1])
  })
})
