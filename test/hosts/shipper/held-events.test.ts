import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../../hosts/kit/http-server.ts'
import { createApp } from '../../../hosts/shipper/app.ts'
import { createShipperMetrics } from '../../../hosts/shipper/metrics.ts'
import { createHeldRelease } from '../../../hosts/shipper/sources/held-release.ts'
import { createPostAdmission } from '../../../hosts/shipper/sources/post-admission.ts'
import {
  type EventFields,
  eventManifest,
  PODINFO,
} from '../../support/kubernetes/event-manifests.ts'
import { EventStore } from '../../support/kubernetes/event-store.ts'
import { runEventWatchOf, spooledEvents } from '../../support/kubernetes/event-watch.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const SECOND = 1_000
const REVISION = 'kustomize.toolkit.fluxcd.io/revision'
const COMMIT_STATUS = 'kustomize.toolkit.fluxcd.io/commit_status'
const OLD = 'main@sha1:5972a5ba87a8ba44314281d8bacafc23fd8f0a2c'
const NEW = 'main@sha1:0877207cfb0b61daab86593d8fb60034e281c8c9'
const OTHER = { ...PODINFO, name: 'other', uid: 'a41d1f0e-0000-4a59-9a1e-0c8f3f1f2d11' }

describe('a watched Event of a controller that posts', () => {
  it('gives way to the post, whose metadata is what is sent', async () => {
    const { post, watched, sent } = await startSources()
    await post('hello')
    await watched('a', { annotations: { [REVISION]: OLD } })
    expect(sent()).toEqual([['hello', NEW]])
    await post('message of a')
    expect(sent()).toEqual([
      ['hello', NEW],
      ['message of a', NEW],
    ])
  })

  it('goes after 20 seconds when no post comes, and not before', async () => {
    const { post, watched, sent, clock, messages } = await startSources()
    await post('hello')
    await watched('a', { annotations: { [REVISION]: OLD } })
    clock.advance(19 * SECOND)
    await watched('mark', { object: { kind: 'Pod', namespace: 'apps', name: 'web' } })
    expect(messages()).toEqual(['hello', 'message of mark'])
    clock.advance(SECOND)
    await waitFor(() => expect(messages()).toEqual(['hello', 'message of a', 'message of mark']))
    expect(sent()[1]).toEqual(['message of a', OLD])
    // It comes all the same, much too late.
    await post('message of a')
    expect(messages()).toHaveLength(3)
  })

  it.each([
    ['has posted never', undefined],
    ['has not posted for more than ten minutes', 601 * SECOND],
  ])('is not held when the controller %s', async (_, agoMs) => {
    const { post, watched, clock, messages } = await startSources()
    if (agoMs !== undefined) await post('hello')
    clock.advance(agoMs ?? 0)
    await watched('a')
    expect(messages()).toContain('message of a')
  })

  it('is held when the controller posted ten minutes ago, also about another object', async () => {
    const { post, watched, clock, messages } = await startSources()
    await post('hello', { involvedObject: OTHER })
    clock.advance(600 * SECOND)
    await watched('a')
    expect(messages()).toEqual(['hello'])
  })

  it.each([
    ['another controller reports it', { reporter: 'other-controller' }],
    ['it is of no kind of Flux', { object: { kind: 'Pod', namespace: 'apps', name: 'web' } }],
  ])('is not held when %s', async (_, fields) => {
    const { post, watched, messages } = await startSources()
    await post('hello')
    await watched('a', fields)
    expect(messages()).toEqual(['hello', 'message of a'])
  })

  it('has the later ones of its object wait behind it, and no others', async () => {
    const { post, watched, clock, messages } = await startSources()
    await post('hello')
    await watched('a')
    await watched('b', { reporter: 'other-controller' })
    await watched('c', { object: OTHER, reporter: 'other-controller' })
    expect(messages()).toEqual(['hello', 'message of c'])
    clock.advance(20 * SECOND)
    const all = ['hello', 'message of a', 'message of b', 'message of c']
    await waitFor(() => expect(messages()).toEqual(all))
  })

  it('goes before a later post of its object, by which its own is known to be lost', async () => {
    const { post, watched, messages } = await startSources()
    await post('hello')
    await watched('a')
    await watched('late', { at: START + 3 * SECOND })
    await post('next', { timestamp: time(2) })
    expect(messages()).toEqual(['hello', 'message of a', 'next'])
    await post('message of late', { timestamp: time(3) })
    expect(messages()).toEqual(['hello', 'message of a', 'next', 'message of late'])
  })

  it('that tells several together gives way to each of their posts', async () => {
    const { post, watched, messages } = await startSources()
    await post('hello')
    await watched('a', { count: 2, at: START + SECOND })
    await post('message of a', { timestamp: time(0) })
    await post('message of a', { timestamp: time(1) })
    expect(messages()).toEqual(['hello', 'message of a', 'message of a'])
  })

  it('is held after a restart, neither lost nor sent twice', async () => {
    const first = await startSources()
    await first.post('hello')
    await first.watched('a', { annotations: { [REVISION]: OLD } })
    await first.watched('b', { annotations: { [REVISION]: OLD } })
    await first.end()
    const second = await startSources({ directory: first.directory, clock: first.clock })
    expect(second.messages()).toEqual(['hello'])
    await second.post('message of a')
    first.clock.advance(20 * SECOND)
    await waitFor(() => expect(second.messages()).toHaveLength(3))
    expect(second.sent().toSorted()).toEqual([
      ['hello', NEW],
      ['message of a', NEW],
      ['message of b', OLD],
    ])
  })

  it('is not held for longer when the clock is set back', async () => {
    const { post, watched, clock, messages } = await startSources()
    await post('hello')
    await watched('a')
    clock.advance(-3_600_000)
    await waitFor(() => expect(messages()).toEqual(['hello', 'message of a']))
  })
})

describe('the annotations of an Event', () => {
  const success = 'Reconciliation finished in 1.25376327s, next run in 1m0s'

  it.each([
    ['that occurs for the second time', { count: 2 }],
    ['that occurs for the ninth time', { count: 9 }],
    ['that is folded', { message: '(combined from similar events): message of a' }],
  ])('%s are not passed on', async (_, fields) => {
    const { watched, spooled } = await startSources()
    const annotations = { [REVISION]: OLD, 'event.toolkit.fluxcd.io/commit': OLD }
    await watched('a', { ...fields, annotations, reason: 'BuildFailed', type: 'Warning' })
    expect(spooled()).toMatchObject([{ message: 'message of a', severity: 'error' }])
    expect(spooled()[0]?.metadata).toEqual({ [REVISION]: 'unknown' })
  })

  it('are those of its first occurrence', async () => {
    const { watched, spooled } = await startSources()
    await watched('a', { annotations: { [REVISION]: OLD } })
    expect(spooled()[0]?.metadata).toEqual({ [REVISION]: OLD })
  })

  it('that are lost for a success leave it a matter of commits alone', async () => {
    const { watched, spooled } = await startSources()
    await watched('a', { message: `(combined from similar events): ${success}` })
    expect(spooled()[0]?.metadata).toEqual({ [REVISION]: 'unknown', [COMMIT_STATUS]: 'update' })
  })

  it('name no revision where events of the kind have none', async () => {
    const { watched, spooled } = await startSources()
    const source = { ...PODINFO, apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' }
    await watched('a', { object: source, count: 2, type: 'Warning', reason: 'GitOperationFailed' })
    await watched('b', { object: { kind: 'Pod', namespace: 'a', name: 'b' }, count: 2 })
    await watched('c', { object: source, count: 2, reason: 'NewArtifact' })
    expect(spooled().map(({ metadata }) => metadata)).toEqual([
      {},
      {},
      { 'source.toolkit.fluxcd.io/revision': 'unknown' },
    ])
  })

  it('are unknown, and a post that comes later brings them', async () => {
    const { post, watched, sent } = await startSources()
    await watched('a', { count: 2 })
    await waitFor(() => expect(sent()).toEqual([['message of a', 'unknown']]))
    await post('message of a')
    expect(sent().at(-1)).toEqual(['message of a', NEW])
  })
})

async function startSources(
  options: { readonly directory?: string; readonly clock?: ManualClock } = {},
) {
  const { clock = new ManualClock() } = options
  const { spool, directory, close } = testSpool({ ...options, clock })
  const metrics = createShipperMetrics({ depth: () => spool.depth(), clock })
  const app = createApp({
    ...{ spool, metrics, clock, log: pino({ level: 'silent' }), isStopping: () => false },
    watched: {
      admission: createPostAdmission({ spool, kinds: ['*'], clock }),
      onKnown: () => undefined,
    },
  })
  const server = await createHttpServer(app).listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close(0))
  const release = createHeldRelease({
    ...{ spool, clock, wait: () => new Promise((resolve) => setTimeout(resolve, 5)) },
    onFailed: () => undefined,
  })
  release.start()
  onTestFinished(async () => void (await release.stop(1_000)))
  const api = new EventStore()
  const run = runEventWatchOf(api, spool, { kinds: ['*'], clock })
  if (!options.directory) await waitFor(() => expect(run.said).toContain('began * 0'))
  const dealt = () => run.said.filter((text) => /^(spooled|known)/.test(text)).length
  const sent = () =>
    spooledEvents(spool).map(({ message, metadata }) => [
      message,
      (metadata as Record<string, string>)[REVISION],
    ])
  return {
    directory,
    clock,
    end: async () => {
      await run.stop()
      await release.stop(1_000)
      close()
    },
    post: async (message: string, changes: object = {}) => {
      const { involvedObject, reason } = eventManifest('a')
      const event = {
        ...{ involvedObject, reason, message, timestamp: time(0), severity: 'info' },
        ...{ metadata: { [REVISION]: NEW }, reportingController: 'kustomize-controller' },
        ...changes,
      }
      const body = JSON.stringify(event)
      const answer = await fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body })
      expect(answer.status).toBe(202)
    },
    /** An Event is written, and the watch has dealt with it. */
    watched: async (name: string, fields: EventFields = {}) => {
      const before = dealt()
      const manifest = eventManifest(name, fields)
      const { annotations } = fields
      api.put(name, name, manifest, annotations)
      await waitFor(() => expect(dealt()).toBe(before + 1))
    },
    sent,
    messages: () => sent().map(([message]) => message),
    spooled: () => spooledEvents(spool),
  }
}

function time(second: number): string {
  return `${new Date(START + second * SECOND).toISOString().slice(0, 19)}Z`
}
