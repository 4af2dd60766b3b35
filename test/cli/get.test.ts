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

function suspended({ spec, ...rest }: ReturnType<typeof alert>) {
  return { ...rest, spec: { ...spec, suspend: true } }
}

const provider = {
  apiVersion,
  kind: 'Provider',
  metadata: { name: 'slack', namespace: 'flux-system' },
  spec: { type: 'slack' },
}

/** Of a type that the definitions of Flux refuse in `spec.type`. */
const queue = {
  ...provider,
  metadata: { ...provider.metadata, name: 'queue', annotations: { 'flux-relay.io/type': 'sqs' } },
}

function readiness(kind: string, name: string, changes: object = {}) {
  const ready = { ready: true, reason: 'Succeeded', message: 'Initialized' }
  return { kind, namespace: 'flux-system', name, ...ready, ...changes }
}

const CONFIG: ConfigSnapshot = {
  cluster: 'prod',
  revision: 'r1',
  takenAt: 1_000,
  manifests: [alert('on-call'), alert('team', 'apps'), suspended(alert('night')), provider, queue],
  objects: [
    readiness('Alert', 'on-call'),
    readiness('Alert', 'night', { ready: false, reason: 'ProviderNotFound', message: SEQUENCES }),
    readiness('Alert', 'team', { namespace: 'apps' }),
    readiness('Provider', 'slack'),
    readiness('Provider', 'queue'),
    // Not valid, and so without a manifest in force.
    readiness('Provider', 'broken', { ready: false, reason: 'ValidationFailed', message: 'no' }),
  ],
}

const MORE = 'the latest 2 are shown, and there may be more: --limit shows more of them\n'

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
    const [alerts, all, wide, providers, named, none] = await Promise.all([
      get('alerts'),
      get('alerts', '-A'),
      get('alerts', '-n', 'apps', '-o', 'wide'),
      get('providers', '-o', 'wide'),
      get('alerts', 'on-call', 'nosuch', 'team'),
      get('alert', 'nosuch'),
    ])
    expect(rows(alerts.stdout)).toEqual([
      ['NAME', 'SUSPENDED', 'READY', 'STATUS', 'AGE'],
      ['night', 'True', 'False', 'a [31mb 2Jc d e', '5m'],
      ['on-call', 'False', 'True', 'Initialized', '5m'],
    ])
    expect(rows(all.stdout).map((row) => row.slice(0, 4))).toEqual([
      ['NAMESPACE', 'NAME', 'SUSPENDED', 'READY'],
      ['apps', 'team', 'False', 'True'],
      ['flux-system', 'night', 'True', 'False'],
      ['flux-system', 'on-call', 'False', 'True'],
    ])
    expect(rows(wide.stdout)).toEqual([
      ['NAME', 'SUSPENDED', 'READY', 'STATUS', 'AGE', 'REASON', 'PROVIDER'],
      ['team', 'False', 'True', 'Initialized', '5m', 'Succeeded', 'slack'],
    ])
    expect(rows(providers.stdout)).toEqual([
      ['NAME', 'SUSPENDED', 'READY', 'STATUS', 'AGE', 'REASON', 'TYPE'],
      ['broken', '<unknown>', 'False', 'no', '<unknown>', 'ValidationFailed'],
      ['queue', 'False', 'True', 'Initialized', '<unknown>', 'Succeeded', 'sqs'],
      ['slack', 'False', 'True', 'Initialized', '<unknown>', 'Succeeded', 'slack'],
    ])
    expect([alerts, all, wide, providers].map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(rows(named.stdout).map(([name]) => name)).toEqual(['NAME', 'on-call'])
    expect(named.stderr).toBe('flux-relay: there is no Alert nosuch, team\n')
    expect(named.code).toBe(1)
    expect(none).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: 'flux-relay: there is no Alert nosuch\n',
    })
    const whole = await get('alerts', 'apps/team', 'apps/on-call', 'flux-system/night')
    expect(rows(whole.stdout).map(([name]) => name)).toEqual(['NAME', 'team', 'night'])
    expect(whole.stderr).toBe('flux-relay: there is no Alert apps/on-call\n')
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
      expect(stderr).toBe(args.includes('--limit') ? MORE : '')
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
      [['--since', '1d', '--until', '0d2h'], ['old']],
      [
        ['--outcome', 'retry,dead'],
        ['dead', 'retry'],
      ],
      [
        ['--outcome', 'retry', '--outcome', 'dead'],
        ['dead', 'retry'],
      ],
      [['--outcome', 'suppressed, skipped'], []],
      [['--event', 'event-1', '--object', 'Kustomization/flux-system/backend'], ['other-object']],
      [['--event', 'event-2'], []],
      [['--reason', 'ReconciliationSucceeded'], everything],
      [['--reason', 'HealthCheckFailed'], []],
      [['--severity', 'ERROR'], []],
      [['--text', 'c1', '--outcome', 'dead'], []],
      [['--text', 'A\u001b[31MB'], ['dead']],
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
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const about = [time, 'prod', object, 'info', 'ReconciliationSucceeded', onCall, slack]
    expect(rows(wide.stdout)).toEqual([
      [
        ...['ID', 'TIME', 'CLUSTER', 'OBJECT', 'SEVERITY', 'REASON', 'ALERT', 'PROVIDER'],
        ...['OUTCOME', 'TRY', 'WHY', 'NEXT'],
      ],
      ['retry', ...about, 'retry', '2', 'slack answered 200', '2026-11-20T00:00:00.000Z'],
      ['dead', ...about, 'dead', '1', 'a [31mb 2Jc d e'],
    ])
    expect(parse(yaml.stdout)).toMatchObject([
      { id: 'dead', reason: SEQUENCES, cluster: 'prod', notes: ['C1 alone \u009b2J'] },
    ])
    expect(yaml.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(missing).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^flux-relay: there is no delivery nosuch(; with --cluster .*)?\n$/,
      ),
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
      return stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0])
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

  it('fits into 160 columns, whatever is in a delivery, unless it is to be wide', async () => {
    const { ports, server } = await startRelay()
    const long = (length: number) => 'x'.repeat(length)
    const plain = deliveryRecord({ id: '0123456789abcdef', acceptedAt: 2_000_000 })
    const changed: RecordChanges = {
      id: long(64),
      cluster: long(63),
      alert: { namespace: long(63), name: long(200), uid: 'a' },
      provider: { namespace: long(63), name: long(200), uid: 'p', type: 'slack' },
      event: { ...event(long(200)), reason: long(300), severity: long(100) },
      ...{ outcome: 'suppressed', reason: long(5_000), tries: 500, acceptedAt: 1_000_000 },
    }
    const url = `http://127.0.0.1:${server.port}`
    const get = async (...args: readonly string[]) =>
      (await fluxRelay(['get', 'delivery', ...args, '--relay', url])).stdout.trimEnd().split('\n')
    ports.ledger.put(plain)
    expect(await get()).toEqual([
      'ID            TIME                  CLUSTER  OBJECT                     SEVERITY  REASON                   ALERT    PROVIDER  OUTCOME    TRY  WHY',
      '0123456789ab  1970-01-01T00:33:20Z  local    …tion/flux-system/podinfo  info      ReconciliationSucceeded  on-call  slack     delivered  1    slack answered 200',
    ])
    ports.ledger.put(deliveryRecord(changed))
    const [narrow, wide] = [await get(), await get('-o', 'wide')]
    expect(narrow.map((line) => line.length <= 160)).toEqual([true, true, true])
    expect(narrow[1]).toContain(' …flux-system/podinfo ')
    expect(wide.every((line) => line.includes('…'))).toBe(false)
    expect(wide[2]).toContain(long(5_000))
  })

  it('says that there is nothing, and prints an empty list', async () => {
    const { server } = await startRelay()
    const url = `http://127.0.0.1:${server.port}`
    const get = (...args: readonly string[]) =>
      fluxRelay(['get', 'deliveries', ...args, '--relay', url])
    const none = { code: 0, stdout: '', stderr: 'No deliveries found.\n' }
    expect(await get()).toEqual(none)
    expect(await get('-o', 'wide')).toEqual(none)
    expect(await get('-o', 'json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  })

  it.each([
    [
      '--outcome',
      'lost',
      'expected delivered, suppressed, skipped, dead, retry, dismissed, observed, failed, held, or several',
    ],
    ['--outcome', 'dead,', 'expected delivered'],
    ['--since', 'yesterday', 'a plain date such as'],
    ['--until', '2026-02-30', 'a plain date such as'],
    ['--alert', 'on-call', 'expected namespace/name'],
    ['--provider', 'a/b/c', 'expected namespace/name'],
    ['--object', 'Kustomization/apps', 'expected Kind/namespace/name'],
    ['--event', 'a b', 'expected the id of an event'],
    ['--severity', 'warning', 'expected info or error'],
    ['--text', ' ', 'expected a text'],
    ['--limit', '-1', 'from 1 to 999999'],
  ])('is used wrongly with %s %j', async (flag, value, message) => {
    const { code, stdout, stderr } = await fluxRelay(['get', 'deliveries', flag, value])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(new RegExp(`^error: option '${flag} <`))
    expect(stderr).toContain(message)
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
      get(OPERATOR, 'deliveries', '--outcome', 'dead', '--limit', '0'),
      get(OPERATOR, 'alerts', '--cluster', 'prod'),
    ])
    expect(cluster.stderr).toMatch(
      /^flux-relay: the relay answered 401: .* of an operator; set FLUX_RELAY_TOKEN to it, or use a context that has it\n$/,
    )
    expect(filter.stderr).toMatch(/^error: option '--limit <number>' argument '0' is invalid/)
    // An operator may see it, and there is none.
    expect(config.stderr).toBe('flux-relay: the cluster prod has no configuration yet\n')
    expect([cluster, filter, config].map(({ code }) => code)).toEqual([1, 2, 1])
  })
})
