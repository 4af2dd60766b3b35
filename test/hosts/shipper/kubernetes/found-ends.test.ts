import { describe, expect, it, onTestFinished } from 'vitest'
import { createKubernetesClient } from '../../../../hosts/shipper/kubernetes/client.ts'
import { FoundEnds } from '../../../../hosts/shipper/sources/found-ends.ts'
import { noteFailure } from '../../../../hosts/shipper/sources/note-failure.ts'
import { SHIPPER_REPORTER } from '../../../../relay/model/good-ends.ts'
import type { JsonObject } from '../../../../relay/model/json-value.ts'
import type { AccessRule } from '../../../support/kubernetes/access-rules.ts'
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { eventManifest, PODINFO } from '../../../support/kubernetes/event-manifests.ts'
import { spooledEvents } from '../../../support/kubernetes/event-watch.ts'
import {
  applyStatus,
  kustomizationStatus,
  type StatusFields,
} from '../../../support/kubernetes/flux-statuses.ts'
import { startShipperHereIn } from '../../../support/kubernetes/shipper.ts'
import { ManualClock, START } from '../../../support/manual-clock.ts'
import { kustomizationEvent } from '../../../support/relay-manifests.ts'
import { eventually } from '../../../support/served.ts'
import { testSpool } from '../../../support/spool.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const SECOND = 1_000
const DAY = 86_400_000
const GROUP = 'kustomize.toolkit.fluxcd.io'
const A = `main@sha1:${'a'.repeat(40)}`
const READY: StatusFields = { ready: 'True', message: `Applied revision: ${A}`, applied: A, at: 10 }
const LISTS: readonly AccessRule[] = [
  { apiGroups: [GROUP], resources: ['kustomizations'], verbs: ['list'] },
]

describe('an object that failed', () => {
  it('is found ready again, once, as its controller would have told', async () => {
    const { failed, status, look, found, said } = await start()
    await failed()
    await status({ ready: 'False', reason: 'HealthCheckFailed', message: 'broken', at: 5 })
    await look()
    expect(found()).toEqual([])
    await status(READY)
    await look()
    await look()
    expect(found()).toEqual([
      {
        involvedObject: {
          ...{ kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' },
          apiVersion: `${GROUP}/v1`,
          uid: expect.stringMatching(/./),
          resourceVersion: expect.stringMatching(/./),
        },
        severity: 'info',
        timestamp: new Date(START + 10 * SECOND).toISOString(),
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: ${A}`,
        metadata: { [`${GROUP}/revision`]: A },
        reportingController: SHIPPER_REPORTER,
        reportingInstance: '',
      },
    ])
    expect(said).toEqual(['found ReconciliationSucceeded'])
  })

  it.each<[string, StatusFields]>([
    ['it was ready since before it failed', { ...READY, at: 4 }],
    ['it is ready for less than half a minute', { ...READY, at: 95 }],
    ['an earlier spec of it is', { ...READY, observedGeneration: 0 }],
    ['its controller works on it', { ...READY, ready: 'Unknown' }],
  ])('lasts where %s', async (_, fields) => {
    const { failed, status, look, found } = await start()
    await failed()
    await status(fields)
    await look()
    expect(found()).toEqual([])
  })

  it('is not looked at after its controller told that it works', async () => {
    const { failed, report, status, look, found, requests } = await start()
    await failed()
    await status(READY)
    await report({ severity: 'info', reason: 'Progressing', at: 8 })
    await report({ severity: 'info', reason: 'ReconciliationSucceeded', at: 10 })
    await look()
    expect(found()).toEqual([])
    expect(requests()).toEqual([])
  })

  it('is found ready though its controller told that to commit statuses alone', async () => {
    const { failed, report, status, look, found } = await start()
    await failed()
    await status(READY)
    const metadata = { [`${GROUP}/commit_status`]: 'update' }
    await report({ severity: 'info', reason: 'ReconciliationSucceeded', at: 10, metadata })
    await look()
    expect(found()).toMatchObject([{ reason: 'ReconciliationSucceeded', severity: 'info' }])
  })

  it('is found to be gone, also where another one has its name', async () => {
    const { cluster, failed, status, look, found } = await start()
    await failed()
    await look()
    await status({ ...READY })
    await failed({ uid: 'of-before' })
    await look()
    const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' }
    const gone = {
      severity: 'info',
      reason: 'ObjectDeleted',
      reportingController: SHIPPER_REPORTER,
    }
    expect(found()).toMatchObject([
      { ...gone, involvedObject: { ...object, uid: '' } },
      { ...gone, involvedObject: { ...object, uid: 'of-before' } },
    ])
    expect(await cluster.get(PODINFO)).toBeDefined()
  })

  it('is remembered over a restart, and for seven days', async () => {
    const first = await start()
    await first.failed()
    first.close()
    const { clock, look, status, found, requests } = await start({ directory: first.directory })
    clock.advance(7 * DAY)
    await status({ ready: 'False', at: 6 })
    await look()
    const asked = requests().length
    expect(asked).toBeGreaterThan(0)
    await status(READY)
    await look()
    expect([found(), requests()]).toEqual([[], requests().slice(0, asked)])
  })

  it('is asked for with no right but to list, and what may not be read is told once', async () => {
    const { cluster, failed, status, look, found, said, requests } = await start()
    await cluster.allow([])
    await failed()
    await status(READY)
    await look()
    // As an API server answers that has not read the roles yet.
    expect(said).toEqual([])
    await look()
    await look()
    expect(said).toEqual(['unreadable Kustomization'])
    await cluster.allow(LISTS)
    await look()
    expect(found()).toHaveLength(1)
    expect([...new Set(requests())]).toEqual([`list kustomizations.${GROUP}`])
  })

  it('is looked at every minute, and less often while the API does not answer', async () => {
    const { cluster, failed, status, run, found, said } = await start()
    await failed()
    await status(READY)
    const waits = await run(async (looks) => {
      if (looks === 0) await cluster.setDown(true)
      if (looks === 5) await cluster.setDown(false)
      return looks < 7
    })
    expect(waits).toEqual([1, 2, 4, 8, 8, 8, 1, 1].map((minutes) => minutes * 60 * SECOND))
    expect(said).toEqual([
      ...Array.from({ length: 5 }, () => 'failed'),
      expect.stringContaining('found'),
    ])
    expect(found()).toHaveLength(1)
  })

  it('is looked at although a kind before it cannot be read, of which one is asked for', async () => {
    const cluster = await startDoubleCluster()
    const { report, failed, status, look, found, requests } = await start({ cluster })
    const release = { kind: 'HelmRelease', apiVersion: 'helm.toolkit.fluxcd.io/v2' }
    for (const name of ['a', 'b', 'c']) await report({ severity: 'error', name, ...release })
    await failed()
    await status(READY)
    cluster.answerNext({ verb: 'list', resource: 'helmreleases' }, { status: 500, times: 2 })
    for (let looks = 0; looks < 2; looks += 1) await expect(look()).rejects.toThrow('HTTP 500')
    expect(found()).toHaveLength(1)
    const releases = requests().filter((request) => request.startsWith('list helmreleases'))
    expect(releases).toHaveLength(2)
  })

  it.each([
    ['may not be listed', 'HelmRelease', 'helm.toolkit.fluxcd.io/v2', 1],
    ['is of a kind that is gone', 'ImagePolicy', 'image.toolkit.fluxcd.io/v1', 0],
  ])(
    'costs few requests where it %s, however many of its kind failed',
    async (_, kind, apiVersion, lists) => {
      const { cluster, report, failed, status, look, found, requests } = await start()
      for (let index = 0; index < 20; index += 1) {
        await report({ severity: 'error', name: `a${index}`, kind, apiVersion })
      }
      await failed()
      await status(READY)
      await look()
      expect(found()).toHaveLength(1)
      expect(requests().filter((request) => !request.includes('kustomizations'))).toHaveLength(
        lists,
      )
      // The group of each kind, and its version.
      expect(cluster.requests.filter(({ resource }) => resource === '').length).toBeLessThan(5)
    },
  )

  it('is found where the shipper may list it in some namespaces alone, and the others are told', async () => {
    const { cluster, report, failed, status, look, found, said } = await start()
    await cluster.allow(LISTS.map((rule) => ({ ...rule, namespace: 'flux-system' })))
    await report({ severity: 'error', namespace: 'apps' })
    await failed()
    await status(READY)
    await look()
    expect(found()).toMatchObject([{ involvedObject: { namespace: 'flux-system' } }])
    await status({ ...READY, ready: 'False' })
    await failed()
    for (let looks = 0; looks < 3; looks += 1) await look()
    expect(said.slice(1)).toEqual(['unreadable Kustomization'])
  })

  it('waits for an API that does not answer', async () => {
    const { cluster, failed, status, look, found } = await start()
    await failed()
    await status(READY)
    await cluster.setDown(true)
    await expect(look()).rejects.toThrow()
    await cluster.setDown(false)
    await look()
    expect(found()).toHaveLength(1)
  })
})

it('remembers no object that the Kubernetes API cannot have, nor one of another project', async () => {
  const { spool, report } = await start()
  await report({ severity: 'error', name: 'a,metadata.name!=b' })
  await report({ severity: 'error', namespace: '../x' })
  await report({ severity: 'error', kind: 'K/x' })
  await report({ severity: 'error', apiVersion: 'apps/v1' })
  expect(spool.memory.failing.readAfter(undefined, 9)).toEqual([])
})

it('remembers the 5,000 objects that failed last', async () => {
  const { spool } = await start()
  const { failing } = spool.memory
  const id = { group: GROUP, kind: 'Kustomization', namespace: 'apps', uid: '' }
  await spool.tables.write(() => {
    for (let index = 0; index <= 5_000; index += 1) {
      failing.note({
        ...id,
        name: `app-${String(index).padStart(4, '0')}`,
        failedAt: START + index,
      })
    }
  })
  const names = failing.readAfter(undefined, 9_999).map(({ name }) => name)
  expect([names.length, names[0]]).toEqual([5_000, 'app-0001'])
  const last = failing.readAfter({ ...id, name: 'app-4998' }, 9).map(({ name }) => name)
  expect(last).toEqual(['app-4999', 'app-5000'])
})

it('remembers what was posted to the shipper, and what it watched', async () => {
  const cluster = await startCluster()
  const data = temporaryDirectory()
  const shipper = await startShipperHereIn(cluster, {
    ...{ relay: 'http://127.0.0.1:9', data },
    flags: ['--no-config', '--watch-events', 'Kustomization'],
  })
  const failure = { severity: 'error', reason: 'BuildFailed' }
  for (const name of ['posted', 'recovered']) {
    await shipper.post({ ...kustomizationEvent(name, '', 'broken'), ...failure })
  }
  await shipper.post(kustomizationEvent('recovered', '', 'works'))
  const { involvedObject: object } = kustomizationEvent('watched', '')
  const written = { type: 'Warning', reason: 'BuildFailed', object, at: Date.now() }
  await cluster.apply(eventManifest('watched.1', written))
  await eventually(async () => expect(await shipper.metric('spooled_total')).toBe(4))
  await shipper.stop()
  const { failing } = testSpool({ directory: data }).spool.memory
  expect(failing.readAfter(undefined, 9).map(({ name }) => name)).toEqual(['posted', 'watched'])
})

interface Reported {
  readonly severity: 'error' | 'info'
  readonly reason?: string
  /** Seconds after `START`. */
  readonly at?: number
  readonly uid?: string
  readonly name?: string
  readonly namespace?: string
  readonly kind?: string
  readonly apiVersion?: string
  readonly metadata?: Readonly<Record<string, string>>
}

async function start(
  options: { readonly directory?: string; readonly cluster?: TestCluster } = {},
) {
  const cluster = options.cluster ?? (await startCluster({ rules: LISTS }))
  const clock = new ManualClock()
  clock.advance(100 * SECOND)
  const { spool, directory, close } = testSpool({ ...options, clock })
  const { url, tokenFile, ca } = cluster
  const address = { url, tokenFile, userAgent: 'flux-relay/test' }
  const client = createKubernetesClient({ ...address, ...(ca !== undefined && { ca }) })
  onTestFinished(() => client.close())
  const said: string[] = []
  let wait: (ms: number) => Promise<void> = async () => undefined
  const ends = new FoundEnds({
    ...{ client, spool, clock, wait: (ms) => wait(ms), withLabels: (event) => event },
    observer: {
      found: (_, reason) => said.push(`found ${reason}`),
      unreadable: (kind) => said.push(`unreadable ${kind}`),
      failed: () => said.push('failed'),
    },
  })
  const report = async (reported: Reported) => {
    const { severity, reason = 'HealthCheckFailed', at = 5, metadata = {}, ...id } = reported
    const { apiVersion, kind, namespace, name } = PODINFO
    const event: JsonObject = {
      involvedObject: { apiVersion, kind, namespace, name, ...id },
      timestamp: new Date(START + at * SECOND).toISOString(),
      ...{ severity, reason, message: reason, metadata },
    }
    await spool.tables.write(() => noteFailure(spool.memory.failing, event, clock.now()))
  }
  return {
    ...{ cluster, clock, spool, directory, close, said, report },
    failed: (id: Pick<Reported, 'uid'> = {}) => report({ severity: 'error', ...id }),
    status: (fields: StatusFields) => applyStatus(cluster, kustomizationStatus(fields)),
    look: () => ends.look(),
    /** Runs it while that is wanted after so many looks; resolves with the waits before each. */
    async run(goesOn: (looks: number) => Promise<boolean>): Promise<readonly number[]> {
      const waits: number[] = []
      wait = async (ms) => {
        if (!(await goesOn(waits.length))) ends.stop()
        waits.push(ms)
      }
      await ends.run()
      return waits
    },
    found: () => spooledEvents(spool),
    requests: () =>
      cluster.requests
        .filter(({ resource }) => resource !== '')
        .map(({ verb, resource, group }) => `${verb} ${resource}.${group}`),
  }
}
