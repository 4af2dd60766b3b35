import { describe, expect, it } from 'vitest'
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts'
import {
  eventManifest,
  newEventManifest,
  PODINFO,
} from '../../../support/kubernetes/event-manifests.ts'
import {
  type EventWatchRun,
  runEventWatch,
  spooledEvents,
  spooledMessages,
} from '../../../support/kubernetes/event-watch.ts'
import { ManualClock, START } from '../../../support/manual-clock.ts'
import { testSpool } from '../../../support/spool.ts'
import { waitFor } from '../../../support/wait-for.ts'

const MANY = 2 ** 30

describe('a watch of Kubernetes Events', () => {
  it('spools what they say as a Flux event, once for each time that the count grew', async () => {
    const { cluster, spool, run } = await startWatch()
    const annotations = { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:abc' }
    await cluster.apply(eventManifest('a', { annotations }))
    await arrived(run, 1)
    expect(spooledEvents(spool)).toEqual([
      {
        involvedObject: { ...PODINFO, fieldPath: '' },
        severity: 'info',
        timestamp: '2026-11-20T09:14:03.000Z',
        message: 'message of a',
        reason: 'ReconciliationSucceeded',
        metadata: annotations,
        reportingController: 'kustomize-controller',
        reportingInstance: 'kustomize-controller-0',
      },
    ])
    const message = '(combined from similar events): other'
    for (const count of [2, 7, 7, 3]) {
      await cluster.apply(eventManifest('a', { count, message, at: START + count * 1_000 }))
    }
    await cluster.apply(eventManifest('last', { type: 'Warning' }))
    await arrived(run, 4)
    expect(spooledEvents(spool).map((event) => [event.message, event.timestamp])).toEqual([
      ['message of a', '2026-11-20T09:14:03.000Z'],
      ['other', '2026-11-20T09:14:05.000Z'],
      ['other', '2026-11-20T09:14:10.000Z'],
      ['message of last', '2026-11-20T09:14:03.000Z'],
    ])
    expect(spooledEvents(spool).at(-1)).toMatchObject({ severity: 'error' })
  })

  it('takes those of events.k8s.io, whose series has the count', async () => {
    const { cluster, spool, run } = await startWatch()
    await cluster.apply(newEventManifest('a'))
    await cluster.apply(newEventManifest('a', 2, START + 60_000))
    await cluster.apply(newEventManifest('a', 9, START + 90_000))
    await arrived(run, 3)
    expect(spooledEvents(spool)).toMatchObject([
      { timestamp: '2026-11-20T09:14:03.000Z', severity: 'error', reason: 'BuildFailed' },
      { timestamp: '2026-11-20T09:15:03.000Z', message: 'message of a' },
      { timestamp: '2026-11-20T09:15:33.000Z', reportingController: 'kustomize-controller' },
    ])
  })

  it('goes on where it was after a restart, without a list', async () => {
    const { cluster, spool, run } = await startWatch()
    await cluster.apply(eventManifest('a'))
    await arrived(run, 1)
    await run.stop()
    await cluster.apply(eventManifest('a', { count: 2 }))
    await cluster.apply(eventManifest('b'))
    const next = runEventWatch(cluster, spool)
    await arrived(next, 2)
    expect(spooledMessages(spool)).toEqual(['message of a', 'message of a', 'message of b'])
    expect(lists(cluster)).toBe(1)
  })

  it.each(['running', 'stopped'])('lists anew when its place is too old, %s', async (state) => {
    const { cluster, spool, run } = await startWatch()
    for (const name of ['a', 'b', 'gone']) await cluster.apply(eventManifest(name))
    await arrived(run, 3)
    const gone = await uidOf(cluster, 'gone')
    if (state === 'stopped') await run.stop()
    else await cluster.setDown(true)
    await cluster.apply(eventManifest('b', { count: 4 }))
    await cluster.apply(eventManifest('c'))
    await cluster.remove({
      apiVersion: 'v1',
      kind: 'Event',
      namespace: 'flux-system',
      name: 'gone',
    })
    await cluster.expire()
    await cluster.setDown(false)
    const next = state === 'stopped' ? runEventWatch(cluster, spool) : run
    await waitFor(() => expect(spooledMessages(spool)).toHaveLength(5))
    await cluster.apply(eventManifest('last'))
    await waitFor(() => expect(spooledMessages(spool)).toHaveLength(6))
    expect(spooledMessages(spool).slice(3).toSorted()).toEqual([
      'message of b',
      'message of c',
      'message of last',
    ])
    expect(lists(cluster)).toBe(2)
    expect(next.said.filter((text) => text.startsWith('began'))).toHaveLength(
      state === 'stopped' ? 0 : 1,
    )
    expect(spool.memory.seen.count(gone)).toBeUndefined()
  })

  it('brings what a list has in the order in which it occurred, not in that of its names', async () => {
    const cluster = await startCluster()
    const { spool, close, directory } = testSpool()
    const first = runEventWatch(cluster, spool)
    await waitFor(() => expect(first.said).toContain('began Kustomization 0'))
    await cluster.apply(eventManifest('a', { at: START }))
    await arrived(first, 1)
    await first.stop()
    close()
    await cluster.apply(eventManifest('b', { at: START + 60_000 }))
    await cluster.apply(eventManifest('a', { at: START + 120_000, count: 2 }))
    await cluster.expire()
    const second = testSpool({ directory })
    const run = runEventWatch(cluster, second.spool)
    await arrived(run, 2)
    expect(spooledMessages(second.spool)).toEqual(['message of a', 'message of b', 'message of a'])
  })

  it('forgets an Event that is deleted', async () => {
    const { cluster, spool, run } = await startWatch()
    await cluster.apply(eventManifest('a'))
    await arrived(run, 1)
    const uid = await uidOf(cluster, 'a')
    expect(spool.memory.seen.count(uid)).toBe(1)
    await cluster.remove({ apiVersion: 'v1', kind: 'Event', namespace: 'flux-system', name: 'a' })
    await waitFor(() => expect(spool.memory.seen.count(uid)).toBeUndefined())
  })

  it('of a kind that the cluster does not have says so', async () => {
    const { run } = await startWatch({ kinds: ['Kustomization', 'Kustomisation', 'Pod'] })
    await waitFor(() => expect(run.said).toContain('unknown kind Kustomisation'))
    await arrived(run, 0)
    expect(run.said.filter((text) => text.startsWith('unknown'))).toHaveLength(1)
  })

  it('loses nothing while the API is away', async () => {
    const { cluster, spool, run } = await startWatch()
    await cluster.setDown(true)
    await cluster.apply(eventManifest('a'))
    await waitFor(() => expect(run.said).toContain('api failed Kustomization undefined'))
    await cluster.setDown(false)
    await arrived(run, 1)
    await waitFor(() => expect(run.said).toContain('api recovered Kustomization'))
    await cluster.restart()
    await cluster.apply(eventManifest('b'))
    await arrived(run, 2)
    expect(spooledMessages(spool)).toEqual(['message of a', 'message of b'])
  })

  it('waits for room in the spool and skips nothing', async () => {
    const { spool, directory, close } = testSpool({ maxBytes: 1_500 })
    const { cluster, run } = await startWatch({ spool })
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    for (const name of names) await cluster.apply(eventManifest(name))
    await waitFor(() => expect(run.said).toContain('full Kustomization'))
    const kept = spooledMessages(spool)
    expect(kept.length).toBeLessThan(names.length)
    // What was kept is known after a crash, and what was not is there again.
    await run.stop()
    close()
    const reopened = testSpool({ directory, maxBytes: 1_500 })
    const next = runEventWatch(cluster, reopened.spool)
    await waitFor(() => expect(next.said).toContain('full Kustomization'))
    const sent: string[] = []
    await waitFor(async () => {
      const batch = reopened.spool.peek(1, MANY)
      sent.push(...spooledMessages(reopened.spool).slice(0, batch.length))
      await reopened.spool.settle(batch, [])
      expect(sent).toHaveLength(names.length)
    })
    expect(sent).toEqual(names.map((name) => `message of ${name}`))
  })

  it('tries again when the spool cannot be written', async () => {
    const { spool, directory, close } = testSpool()
    const { cluster, run } = await startWatch({ spool })
    close()
    await cluster.apply(eventManifest('a'))
    await waitFor(() => expect(run.said.filter((text) => text === 'spool failed')).toHaveLength(2))
    await run.stop()
    const reopened = testSpool({ directory })
    await arrived(runEventWatch(cluster, reopened.spool), 1)
    expect(spooledMessages(reopened.spool)).toEqual(['message of a'])
  })
})

describe('a kind that is watched for the first time', () => {
  it('begins with what occurred in the last minute or later', async () => {
    const cluster = await startCluster()
    await cluster.apply(eventManifest('old', { at: START }))
    await cluster.apply(eventManifest('late', { at: START + 3_600_000 - 30_000 }))
    await cluster.apply(eventManifest('new', { at: START + 3_600_000 }))
    const { spool } = testSpool()
    const clock = new ManualClock(START + 3_600_000)
    const run = runEventWatch(cluster, spool, { clock })
    await waitFor(() => expect(run.said).toEqual(['spooled 2', 'began Kustomization 1']))
    // Later the clocks do not matter: neither this one, nor that of what reports it.
    clock.advance(7_200_000)
    await cluster.apply(eventManifest('old', { count: 2 }))
    await cluster.apply(eventManifest('slow-clock', { at: START - 86_400_000 }))
    await arrived(run, 4)
    expect(spooledMessages(spool).slice(2)).toEqual(['message of old', 'message of slow-clock'])
  })

  it('has no beginning of its own when all kinds were watched before, and the other way', async () => {
    const cluster = await startCluster()
    const { spool } = testSpool()
    const clock = new ManualClock()
    const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'flux-system', name: 'web' }
    const first = runEventWatch(cluster, spool, { clock })
    await waitFor(() => expect(first.said).toEqual(['began Kustomization 0']))
    await cluster.apply(eventManifest('a'))
    await arrived(first, 1)
    await first.stop()

    await cluster.apply(eventManifest('b'))
    await cluster.apply(eventManifest('pod-old', { object: pod }))
    clock.advance(3_600_000)
    const all = runEventWatch(cluster, spool, { clock, kinds: ['*', 'Pod'] })
    await waitFor(() => expect(all.said).toEqual(['spooled 1', 'began * 1']))
    await cluster.apply(eventManifest('pod-new', { object: pod }))
    await arrived(all, 2)
    await all.stop()

    await cluster.apply(eventManifest('pod-new', { object: pod, count: 2 }))
    await cluster.apply(eventManifest('c'))
    const pods = runEventWatch(cluster, spool, { clock, kinds: ['Pod'] })
    await arrived(pods, 1)
    expect(spooledMessages(spool)).toEqual(
      ['a', 'b', 'pod-new', 'pod-new'].map((name) => `message of ${name}`),
    )
    expect(spool.memory.seen.count(await uidOf(cluster, 'pod-old'))).toBe(1)
    expect(spool.memory.seen.count(await uidOf(cluster, 'a'))).toBeUndefined()
    expect(lists(cluster)).toBe(2)
  })
})

describe('Events that are', () => {
  it('of kinds that are not chosen, or of flux-relay itself, are left out', async () => {
    const kinds = ['Kustomization', 'HelmRelease', 'Kustomization']
    const { cluster, spool, run } = await startWatch({ kinds })
    const object = (kind: string) => ({ kind, namespace: 'flux-system', name: 'x' })
    await cluster.apply(eventManifest('pod', { object: object('Pod') }))
    await cluster.apply(eventManifest('own', { reporter: 'flux-relay' }))
    await cluster.apply(eventManifest('helm', { object: object('HelmRelease') }))
    await cluster.apply(eventManifest('last'))
    await arrived(run, 2)
    expect(spooledMessages(spool).toSorted()).toEqual(['message of helm', 'message of last'])
    const watches = () => cluster.requests.filter(({ verb }) => verb === 'watch')
    await waitFor(() => expect(watches()).toHaveLength(2))
  })

  it('that Flux writes for the record, and never posts, are left out', async () => {
    const { cluster, spool, run } = await startWatch({ kinds: ['*'] })
    const object = (group: string, kind: string) => ({
      ...{ apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind },
      ...{ namespace: 'flux-system', name: 'x' },
    })
    const repository = object('source', 'GitRepository')
    const image = object('image', 'ImageRepository')
    const reason = 'Succeeded'
    await cluster.apply(eventManifest('a', { object: repository, reason: 'ArtifactUpToDate' }))
    await cluster.apply(eventManifest('b', { object: image, reason, message: 'next scan in 5m0s' }))
    await cluster.apply(eventManifest('c', { object: image, reason, message: 'found 7 tags' }))
    await cluster.apply(eventManifest('d', { object: repository, reason: 'NewArtifact' }))
    await cluster.apply(eventManifest('e', { reason: 'ArtifactUpToDate' }))
    await arrived(run, 3)
    expect(spooledMessages(spool)).toEqual(['found 7 tags', 'message of d', 'message of e'])
  })

  it('a recovery that comes in one list with its failure are none of these', async () => {
    const cluster = await startCluster()
    const { spool } = testSpool()
    await spool.tables.write(() => spool.memory.watches.begin(['*'], START))
    const object = {
      ...{ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageUpdateAutomation' },
      ...{ namespace: 'flux-system', name: 'x' },
    }
    const told = { reason: 'Succeeded', message: 'repository up-to-date' }
    await cluster.apply(
      eventManifest('a', { object, type: 'Warning', reason: 'GitOperationFailed', at: START }),
    )
    await cluster.apply(eventManifest('b', { object, ...told, at: START + 1_000 }))
    await cluster.apply(eventManifest('c', { object, ...told, at: START + 2_000 }))
    const run = runEventWatch(cluster, spool, { kinds: ['*'] })
    await waitFor(() => expect(run.said.some((text) => text.startsWith('began'))).toBe(true))
    expect(spooledMessages(spool)).toEqual(['message of a', 'repository up-to-date'])
  })

  it('about an object of the cluster have the namespace that the Event is in', async () => {
    const { cluster, spool, run } = await startWatch({ kinds: ['*'] })
    const object = { kind: 'Node', name: 'worker-1', apiVersion: 'v1' }
    await cluster.apply(eventManifest('a', { object }))
    await arrived(run, 1)
    expect(spooledEvents(spool)).toMatchObject([
      { involvedObject: { kind: 'Node', namespace: 'default', name: 'worker-1' } },
    ])
  })

  it('about nothing are told once, and hold up no other', async () => {
    const { cluster, spool, run } = await startWatch({ kinds: ['*'] })
    await cluster.apply(eventManifest('bad', { object: { kind: 'Pod', namespace: 'default' } }))
    await cluster.apply(
      eventManifest('bad', { object: { kind: 'Pod', namespace: 'default' }, count: 2 }),
    )
    await cluster.apply(eventManifest('good'))
    await arrived(run, 1)
    const skipped = run.said.filter((text) => text.startsWith('skipped'))
    expect(skipped).toEqual([expect.stringMatching(/^skipped default\/bad involvedObject\.name: /)])
    expect(spooledMessages(spool)).toEqual(['message of good'])
  })

  it('given the labels of their object, if a relay takes that much', async () => {
    const withLabels = (event: unknown) => ({
      event,
      objectLabels: { team: 'a'.repeat(spooledEvents(spool).length * 4 * 2 ** 20) },
    })
    const { cluster, spool, run } = await startWatch({ withLabels })
    await cluster.apply(eventManifest('a'))
    await arrived(run, 1)
    await cluster.apply(eventManifest('b'))
    await arrived(run, 2)
    expect(spooledEvents(spool)).toMatchObject([
      { event: { message: 'message of a' }, objectLabels: { team: '' } },
      { message: 'message of b' },
    ])
  })
})

async function startWatch(
  options: Parameters<typeof runEventWatch>[2] & {
    readonly spool?: ReturnType<typeof testSpool>['spool']
  } = {},
) {
  const { spool = testSpool().spool, ...rest } = options
  const cluster = await startCluster()
  const run = runEventWatch(cluster, spool, rest)
  await waitFor(() => expect(run.said.some((text) => text.startsWith('began'))).toBe(true))
  return { cluster, spool, run }
}

/** Waits until the watch has spooled so many. */
function arrived(run: EventWatchRun, events: number): Promise<void> {
  return waitFor(() => {
    const counts = run.said.flatMap((text) => /^spooled (\d+)$/.exec(text)?.[1] ?? [])
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(events)
  })
}

async function uidOf(cluster: TestCluster, name: string): Promise<string> {
  const events = await cluster.list('v1', 'Event')
  return events.find(({ metadata }) => metadata.name === name)?.metadata.uid ?? ''
}

function lists({ requests }: TestCluster): number {
  return requests.filter(({ verb, path }) => verb === 'list' && path.includes('limit=500')).length
}
