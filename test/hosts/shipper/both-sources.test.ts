import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../../hosts/kit/http-server.ts'
import { createApp } from '../../../hosts/shipper/app.ts'
import { createShipperMetrics } from '../../../hosts/shipper/metrics.ts'
import { createPostAdmission } from '../../../hosts/shipper/sources/post-admission.ts'
import {
  type EventFields,
  eventManifest,
  PODINFO,
} from '../../support/kubernetes/event-manifests.ts'
import { EventStore } from '../../support/kubernetes/event-store.ts'
import { runEventWatchOf, spooledMessages } from '../../support/kubernetes/event-watch.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const OTHER_UID = 'a41d1f0e-0000-4a59-9a1e-0c8f3f1f2d11'
const SECOND = 1_000
/** Of no kind of Flux: its Events need no metadata, so that a repeated one is as good as a post. */
const WEB = { kind: 'Deployment', namespace: 'apps', name: 'web' }

describe('an occurrence that a controller posts and the API has', () => {
  it('is spooled once, the post first', async () => {
    const { post, watched, known, spooled } = await startSources()
    expect(await post(0)).toBe(202)
    await watched({})
    expect([spooled(), known()]).toEqual([1, ['watch']])
  })

  it('is spooled once, the API first, and the post is answered as any other', async () => {
    const { post, watched, known, spooled } = await startSources()
    await watched({})
    expect(await post(0)).toBe(202)
    expect([spooled(), known()]).toEqual([1, ['post']])
    // The controller did not get the answer.
    expect(await post(0)).toBe(202)
    expect([spooled(), known()]).toEqual([1, ['post', 'post']])
  })

  it.each([
    ['the message', { message: 'other' }, {}],
    ['the object', { object: { ...PODINFO, name: 'other' } }, {}],
    ['the UID of the object', {}, { involvedObject: { ...PODINFO, uid: OTHER_UID } }],
    ['the reason', {}, { reason: 'Progressing' }],
    ['the time by more than 5 s', {}, { timestamp: '2026-11-20T09:14:09Z' }],
  ] satisfies [string, EventFields, object][])(
    'is another when it differs in %s',
    async (_, seen, posted) => {
      const { post, watched, spooled } = await startSources()
      await watched(seen)
      await post(0, posted)
      expect(spooled()).toBe(2)
    },
  )

  it.each([
    ['its time by 5 s', { timestamp: '2026-11-20T09:13:58+00:00' }],
    ['the UID, which is not known', { involvedObject: { ...PODINFO, uid: undefined } }],
    ['all else', { severity: 'trace', metadata: { a: 'b' }, reportingInstance: 'x' }],
  ])('is the same when it differs in %s', async (_, posted) => {
    const { post, watched, spooled } = await startSources()
    await watched({})
    await post(0, posted)
    expect(spooled()).toBe(1)
  })

  it('stands for no second one that only the API has', async () => {
    const { post, watched, spooled } = await startSources()
    await post(0, { involvedObject: WEB })
    await watched({ object: WEB })
    await watched({ object: WEB, count: 2, at: START + 3 * SECOND })
    expect(spooled()).toBe(2)
    await post(3 * SECOND, { involvedObject: WEB })
    expect(spooled()).toBe(2)
  })

  it('stands for no second one that was only posted', async () => {
    const { post, watched, spooled } = await startSources()
    await watched({})
    await post(0)
    await post(2 * SECOND)
    expect(spooled()).toBe(2)
  })

  it('stands for all that the API counts together, if that has lost no metadata', async () => {
    const first = await startSources()
    await first.watched({ object: WEB, count: 3, at: START + 2 * SECOND })
    for (const at of [0, 1, 2]) await first.post(at * SECOND, { involvedObject: WEB })
    expect(first.spooled()).toBe(1)

    const second = await startSources()
    for (const at of [0, 1, 2]) await second.post(at * SECOND)
    await second.watched({ count: 3, at: START + 2 * SECOND })
    expect(second.spooled()).toBe(3)
    await second.watched({ count: 4, at: START + 4 * SECOND })
    expect(second.spooled()).toBe(4)
  })

  it('is known after a restart', async () => {
    const first = await startSources()
    await first.watched({})
    first.close()
    const second = await startSources({ directory: first.directory })
    await second.post(0)
    expect(second.spooled()).toBe(1)
  })

  it('is not looked for when its kind is not watched, or it has no time', async () => {
    const { post, spooled } = await startSources({ kinds: ['HelmRelease'] })
    for (let times = 0; times < 2; times += 1) await post(0)
    await post(0, { involvedObject: { ...PODINFO, kind: 'HelmRelease' }, timestamp: 'now' })
    expect(spooled()).toBe(3)
  })
})

it('remembers the occurrences of two hours, and few more', async () => {
  const clock = new ManualClock()
  const { post, directory, close } = await startSources({ clock })
  const postAll = (from: number, to: number) =>
    Promise.all(Array.from({ length: to - from }, (_, index) => post((from + index) * 60_000)))
  await postAll(0, 30)
  clock.advance(2 * 3_600_000 + SECOND)
  await postAll(30, 70)
  close()
  const database = new DatabaseSync(join(directory, 'spool.db'), { readOnly: true })
  const rows = database.prepare('SELECT occurred_at AS at FROM occurrences ORDER BY at').all()
  database.close()
  expect(rows.map(({ at }) => at)).toEqual(
    Array.from({ length: 40 }, (_, index) => START + (30 + index) * 60_000),
  )
})

async function startSources(
  options: {
    readonly directory?: string
    readonly kinds?: readonly string[]
    readonly clock?: ManualClock
  } = {},
) {
  const { kinds = ['*'], clock = new ManualClock() } = options
  const { spool, directory, close } = testSpool({ clock, ...options })
  const known: string[] = []
  const metrics = createShipperMetrics({ depth: () => spool.depth(), clock })
  const app = createApp({
    ...{ spool, metrics, clock },
    log: pino({ level: 'silent' }),
    isStopping: () => false,
    watched: {
      admission: createPostAdmission({ spool, kinds, clock }),
      onKnown: () => known.push('post'),
    },
  })
  const server = await createHttpServer(app).listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close(0))
  const api = new EventStore()
  const run = runEventWatchOf(api, spool, { kinds: ['*'], clock })
  const dealt = () => run.said.filter((text) => /^(spooled|known)/.test(text)).length
  return {
    directory,
    close,
    post: async (afterMs: number, changes: object = {}) => {
      const { involvedObject, reason, message } = eventManifest('a')
      const timestamp = `${new Date(START + afterMs).toISOString().slice(0, 19)}Z`
      const event = { involvedObject, reason, message, timestamp, severity: 'info', ...changes }
      const body = JSON.stringify(event)
      return (await fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body })).status
    },
    /** An Event is written, and the watch has dealt with it. */
    watched: async (fields: EventFields) => {
      const name = fields.message ?? fields.object?.name ?? 'a'
      const before = dealt()
      api.put(name, name, eventManifest('a', fields))
      await waitFor(() => expect(dealt()).toBe(before + 1))
    },
    known: () => [...known, ...run.said.flatMap((text) => (text === 'known 1' ? ['watch'] : []))],
    spooled: () => spooledMessages(spool).length,
  }
}
