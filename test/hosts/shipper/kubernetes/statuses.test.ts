import { describe, expect, it } from 'vitest'
import { EVERYTHING } from '../../../support/kubernetes/access-rules.ts'
import { startCluster } from '../../../support/kubernetes/cluster.ts'
import { type EventFields, eventManifest } from '../../../support/kubernetes/event-manifests.ts'
import { spooledEvents } from '../../../support/kubernetes/event-watch.ts'
import {
  applyStatus,
  kustomizationStatus,
  type StatusFields,
} from '../../../support/kubernetes/flux-statuses.ts'
import { watchWithStatuses } from '../../../support/kubernetes/status-watch.ts'
import { ManualClock, START } from '../../../support/manual-clock.ts'
import { testSpool } from '../../../support/spool.ts'
import { waitFor } from '../../../support/wait-for.ts'

const SECOND = 1_000
const GROUP = 'kustomize.toolkit.fluxcd.io'
const A = `main@sha1:${'a'.repeat(40)}`
const B = `main@sha1:${'b'.repeat(40)}`
const C = `main@sha1:${'c'.repeat(40)}`
const FOLDED = '(combined from similar events): '

describe('the status of a Kustomization', () => {
  it('tells the revision of an Event that is folded or repeated', async () => {
    const { written, status, revisions } = await startWatch()
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    const failure = { type: 'Warning', reason: 'BuildFailed', at: START + 3 * SECOND }
    const annotations = { [`${GROUP}/revision`]: A }
    await written('a', { ...failure, message: `${FOLDED}broken` })
    await written('b', { ...failure, message: 'broken', count: 2, annotations })
    await revisions(['broken', B], ['broken', B])
  })

  it('tells it when it is written after the Event', async () => {
    const { written, status, revisions, spooled, arrived } = await startWatch()
    const failure = { type: 'Warning', reason: 'BuildFailed', at: START + SECOND }
    await written('a', { ...failure, message: `${FOLDED}broken` })
    await arrived(1)
    expect(spooled()).toEqual([])
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 2 })
    await revisions(['broken', B])
  })

  it.each([
    ['another reason', { reason: 'HealthCheckFailed' }],
    ['another message', { message: 'broken elsewhere' }],
    ['another time', { at: 7 }],
    ['no revision of this attempt', { reason: 'ArtifactFailed' }],
  ])('does not tell it with %s', async (_, changes) => {
    const { clock, written, status, revisions, arrived } = await startWatch()
    const fields = { ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 }
    await status({ ...fields, ...changes } as StatusFields)
    const reason =
      'reason' in changes && changes.reason === 'ArtifactFailed' ? changes.reason : 'BuildFailed'
    await written('a', { type: 'Warning', reason, message: `${FOLDED}broken`, at: START + SECOND })
    await arrived(1)
    clock.advance(5 * SECOND)
    await revisions(['broken', 'unknown'])
  })

  it('tells the attempt that it was at, where the status has an older one', async () => {
    const { written, status, revisions } = await startWatch()
    await status({ ready: 'Unknown', reason: 'Progressing', attempted: A, at: 1, working: B })
    const message = 'kustomization path not found: stat /tmp/kustomization-1/x'
    await status({ ready: 'False', reason: 'ArtifactFailed', message, attempted: A, at: 2 })
    const failure = { type: 'Warning', reason: 'ArtifactFailed', at: START + 2 * SECOND }
    await written('a', { ...failure, message: `${FOLDED}${message}` })
    await revisions([message, B])
  })

  it('is told itself when no Event tells it, each new state once', async () => {
    const { clock, status, revisions, spooled } = await startWatch()
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await status({ ready: 'Unknown', reason: 'Progressing', attempted: B, at: 2 })
    await status({ ready: 'True', message: `Applied revision: ${C}`, applied: C, at: 3 })
    await status({ ready: 'Unknown', reason: 'Progressing', attempted: C, at: 4 })
    await status({ ready: 'True', message: `Applied revision: ${C}`, applied: C, at: 5 })
    expect(spooled()).toEqual([])
    await waitFor(() => {
      clock.advance(20 * SECOND)
      expect(spooled()).toHaveLength(2)
    })
    await revisions(['broken', B], [`Applied revision: ${C}`, C])
    expect(spooled()).toMatchObject([
      { severity: 'error', reason: 'BuildFailed', timestamp: time(1) },
      {
        severity: 'info',
        reason: 'ReconciliationSucceeded',
        metadata: { [`${GROUP}/commit_status`]: 'update' },
        reportingController: 'kustomize-controller',
        involvedObject: { apiVersion: `${GROUP}/v1`, kind: 'Kustomization', name: 'podinfo' },
      },
    ])
  })

  it('is not told when an Event did, before or after', async () => {
    const { clock, written, status, revisions, spooled, arrived } = await startWatch()
    const annotations = { [`${GROUP}/revision`]: B }
    const failure = { type: 'Warning', reason: 'BuildFailed', message: 'broken', annotations }
    await written('a', { ...failure, at: START + SECOND })
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await status({ ready: 'True', message: `Applied revision: ${B}`, applied: B, at: 3 })
    await written('b', { message: 'Reconciliation finished', annotations, at: START + 3 * SECOND })
    await arrived(2)
    clock.advance(60 * SECOND)
    await written('mark', { message: 'mark', annotations: { [`${GROUP}/revision`]: 'x' } })
    await revisions(['broken', B], ['Reconciliation finished', B], ['mark', 'x'])
    expect(spooled()).toHaveLength(3)
  })

  it('is not told when Events told it and what came after it, even if it is read later', async () => {
    const { cluster, clock, written, status, statuses, said, arrived, revisions } =
      await startWatch()
    await cluster.allow([{ apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] }])
    cluster.dropConnections()
    await waitFor(() => expect(said).toContain('unavailable Kustomization'))
    const annotations = { [`${GROUP}/revision`]: B }
    const failure = { type: 'Warning', reason: 'BuildFailed', message: 'broken', annotations }
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await written('a', { ...failure, at: START + SECOND })
    await status({ ready: 'True', message: `Applied revision: ${B}`, applied: B, at: 3 })
    await written('b', { message: 'Reconciliation finished', annotations, at: START + 3 * SECOND })
    await arrived(2)
    await cluster.allow(EVERYTHING)
    await status({ ready: 'False', reason: 'BuildFailed', message: 'c', attempted: C, at: 5 })
    await waitFor(() => expect(statuses.isFollowed(GROUP, 'Kustomization')).toBe(true))
    await waitFor(() => expect(said).toContain('untold 1'))
    clock.advance(20 * SECOND)
    await revisions(['broken', B], ['Reconciliation finished', B], ['c', C])
  })

  it('is told once when its Events are read only after it was sent', async () => {
    const { cluster, clock, written, status, said, run, spooled, revisions } = await startWatch()
    await cluster.allow([{ apiGroups: [GROUP], resources: ['*'], verbs: ['list', 'watch'] }])
    cluster.dropConnections()
    await waitFor(() => expect(run.said).toContain('api failed Kustomization 403'))
    const annotations = { [`${GROUP}/revision`]: B }
    const failure = { type: 'Warning', reason: 'BuildFailed', message: 'broken', annotations }
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await status({ ready: 'True', message: `Applied revision: ${B}`, applied: B, at: 3 })
    await waitFor(() => expect(said.filter((text) => text === 'untold 1')).toHaveLength(2))
    clock.advance(20 * SECOND)
    await waitFor(() => expect(spooled()).toHaveLength(2))
    await written('a', { ...failure, at: START + SECOND })
    await written('b', { message: 'Reconciliation finished', annotations, at: START + 3 * SECOND })
    await written('c', { ...failure, at: START + 30 * SECOND })
    await cluster.allow(EVERYTHING)
    await revisions(['broken', B], [`Applied revision: ${B}`, B], ['broken', B])
    expect(spooled().at(-1)).toMatchObject({ timestamp: time(30) })
  })

  it('is told once although an Event from before it comes later', async () => {
    const { clock, written, status, said, arrived, revisions } = await startWatch()
    const annotations = { [`${GROUP}/revision`]: B }
    const failure = { type: 'Warning', reason: 'BuildFailed', message: 'broken', annotations }
    const success = { ready: 'True', message: `Applied revision: ${B}`, applied: B } as const
    const untold = (changes: number) =>
      waitFor(() => expect(said.filter((text) => text === 'untold 1')).toHaveLength(changes))
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await status({ ...success, at: 3 })
    await untold(2)
    await written('a', { ...failure, at: START + SECOND })
    await arrived(1)
    await status({ ready: 'Unknown', reason: 'Progressing', attempted: B, at: 8 })
    await status({ ...success, at: 9 })
    await status({ ready: 'False', reason: 'BuildFailed', message: 'c', attempted: C, at: 11 })
    await untold(3)
    clock.advance(20 * SECOND)
    await revisions([`Applied revision: ${B}`, B], ['broken', B], ['c', C])
  })

  it('is told after an Event from before a clock was set back', async () => {
    const { clock, written, status, said, arrived, revisions } = await startWatch()
    const annotations = { [`${GROUP}/revision`]: B }
    const failure = { type: 'Warning', reason: 'BuildFailed', message: 'broken', annotations }
    await written('a', { ...failure, at: START + 3_600 * SECOND })
    await arrived(1)
    await status({ ready: 'True', message: `Applied revision: ${B}`, applied: B, at: 3 })
    await waitFor(() => expect(said).toContain('untold 1'))
    clock.advance(20 * SECOND)
    await revisions(['broken', B], [`Applied revision: ${B}`, B])
  })

  it('of the first start is no news, and what changes while the shipper is down is', async () => {
    const first = await startWatch({ before: { ready: 'True', message: 'Applied', applied: A } })
    first.clock.advance(60 * SECOND)
    await first.stop()
    await first.status({ ready: 'False', reason: 'BuildFailed', message: 'b', attempted: B, at: 9 })
    const second = await startWatch({ earlier: first })
    await waitFor(() => {
      second.clock.advance(20 * SECOND)
      expect(second.spooled()).toHaveLength(1)
    })
    await second.revisions(['b', B])
  })

  it('brings the annotations that Flux adds to each event, unless the object is newer', async () => {
    const { written, status, spooled } = await startWatch()
    const commit = { 'event.toolkit.fluxcd.io/commit': 'a'.repeat(40), other: 'x' }
    const fields = { ready: 'False', reason: 'BuildFailed', attempted: B } as const
    await status({ ...fields, message: 'one', at: 1, annotations: commit })
    const failure = { type: 'Warning', reason: 'BuildFailed' }
    await written('a', { ...failure, message: `${FOLDED}one`, at: START + SECOND })
    await status({ ...fields, message: 'two', at: 2, annotations: commit, observedGeneration: 0 })
    await written('b', { ...failure, message: `${FOLDED}two`, at: START + 2 * SECOND })
    await waitFor(() => expect(spooled()).toHaveLength(2))
    expect(spooled().map(({ metadata }) => metadata)).toEqual([
      { [`${GROUP}/revision`]: B, 'event.toolkit.fluxcd.io/commit': 'a'.repeat(40) },
      { [`${GROUP}/revision`]: B },
    ])
  })

  it('tells it again once it may be read again', async () => {
    const { cluster, written, status, statuses, revisions, said } = await startWatch()
    const events = { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] }
    await cluster.allow([events])
    cluster.dropConnections()
    await waitFor(() => expect(said).toContain('unavailable Kustomization'))
    expect(statuses.isFollowed(GROUP, 'Kustomization')).toBe(false)
    await cluster.allow(EVERYTHING)
    await status({ ready: 'False', reason: 'BuildFailed', message: 'broken', attempted: B, at: 1 })
    await waitFor(() => expect(statuses.isFollowed(GROUP, 'Kustomization')).toBe(true))
    const failure = { type: 'Warning', reason: 'BuildFailed', at: START + 3 * SECOND }
    await written('a', { ...failure, message: `${FOLDED}broken` })
    await revisions(['broken', B])
  })

  it('may not be read, and then Events go without it, and that is said once', async () => {
    const rules = [{ apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] }]
    const { written, revisions, said } = await startWatch({ rules })
    await waitFor(() => expect(said).toContain('unavailable Kustomization'))
    await written('a', { message: `${FOLDED}broken`, type: 'Warning', reason: 'BuildFailed' })
    await revisions(['broken', 'unknown'])
    expect(said.filter((text) => text.startsWith('unavailable'))).toHaveLength(1)
  })
})

interface Earlier {
  readonly cluster: Awaited<ReturnType<typeof startCluster>>
  readonly directory: string
  readonly clock: ManualClock
}

async function startWatch(
  options: {
    readonly rules?: NonNullable<Parameters<typeof startCluster>[0]>['rules']
    readonly before?: StatusFields
    readonly earlier?: Earlier
  } = {},
) {
  const { rules, before = { ready: 'Unknown' }, earlier } = options
  const cluster = earlier?.cluster ?? (await startCluster(rules ? { rules } : {}))
  const status = (fields: StatusFields) => applyStatus(cluster, kustomizationStatus(fields))
  if (!earlier) await status(before)
  const clock = earlier?.clock ?? new ManualClock()
  const { spool, directory, close } = testSpool({
    clock,
    ...(earlier && { directory: earlier.directory }),
  })
  const { said, stop, run, statuses } = watchWithStatuses(cluster, { spool, close, clock })
  if (rules === undefined) {
    await waitFor(() => expect(statuses.isFollowed(GROUP, 'Kustomization')).toBe(true))
  }
  const spooled = () => spooledEvents(spool)
  return {
    ...{ cluster, directory, clock, said, run, status, statuses, spooled, stop },
    written: (name: string, fields: EventFields) => cluster.apply(eventManifest(name, fields)),
    /** Waits until the watch has brought so many Events, one by one or together. */
    arrived: (events: number) => waitFor(() => expect(spooledCount(run.said)).toBe(events)),
    /** Messages and revisions of what is sent, once it is so. */
    revisions: (...expected: readonly [string, string][]) =>
      waitFor(() =>
        expect(
          spooled().map(({ message, metadata }) => [
            message,
            (metadata as Record<string, string>)[`${GROUP}/revision`],
          ]),
        ).toEqual(expected),
      ),
  }
}

function spooledCount(said: readonly string[]): number {
  const counts = said.flatMap((text) => /^spooled (\d+)$/.exec(text)?.[1] ?? [])
  return counts.map(Number).reduce((total, count) => total + count, 0)
}

function time(second: number): string {
  return new Date(START + second * SECOND).toISOString()
}
