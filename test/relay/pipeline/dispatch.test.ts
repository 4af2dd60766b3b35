import { describe, expect, it } from 'vitest'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  noAnswer,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const webhook = (name: string) =>
  provider(name, { type: 'generic', address: `https://${name}.test/` })

async function withWebhook(...alerts: readonly Record<string, unknown>[]): Promise<Harness> {
  const harness = createHarness()
  await harness.configure(webhook('a'), ...alerts)
  return harness
}

async function withGithub(): Promise<Harness> {
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
  await harness.configure(...githubPair())
  return harness
}

const summaries = async (harness: Harness) =>
  (await harness.records()).map(({ outcome, reason }) => `${outcome}: ${reason}`)

/** The states that the forge was asked to show, in order. */
const states = (harness: Harness) =>
  harness.requests.map(({ body }) => (JSON.parse(String(body)) as { state: string }).state)

describe('an event', () => {
  it('is delivered, recorded, and removed from the queue', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests.map(({ url }) => url)).toEqual(['https://a.test/'])
    expect(await harness.records()).toMatchObject([
      {
        cluster: CLUSTER,
        outcome: 'delivered',
        reason: 'HTTP 200',
        alert: { namespace: 'flux-system', name: 'all' },
        provider: { name: 'a', type: 'generic' },
        attempts: [{ attempt: 1, outcome: 'delivered', status: 200 }],
      },
    ])
    expect(await harness.queue.depth()).toEqual({ events: 0, retries: 0 })
    expect(harness.decisions).toHaveLength(1)
  })

  it('goes to every Alert that fits, and one failing destination touches no other', async () => {
    const harness = createHarness()
    await harness.configure(webhook('a'), webhook('b'), alert('one', 'a'), alert('two', 'b'))
    harness.answerWith(({ url }) => answer(url.startsWith('https://a') ? 503 : 200))
    await harness.send('kustomization-finished')
    await harness.drain()
    const outcomes = (await harness.records()).map(({ alert, outcome }) => [alert?.name, outcome])
    expect(new Map(outcomes as [string, string][])).toEqual(
      new Map([
        ['one', 'retry'],
        ['two', 'delivered'],
      ]),
    )
    harness.answerWith(() => answer(200))
    await harness.drainNext()
    expect(harness.requests.map(({ url }) => url).sort()).toEqual([
      'https://a.test/',
      'https://a.test/',
      'https://b.test/',
    ])
  })

  it('that fits no Alert gets one record that says why', async () => {
    const harness = await withWebhook(
      alert('errors', 'a', { eventSeverity: 'error' }),
      alert('other', 'a', { eventSources: [{ kind: 'Kustomization', name: 'other' }] }),
      alert('labelled', 'a', {
        eventSources: [{ kind: 'Kustomization', name: '*', matchLabels: { team: 'web' } }],
      }),
    )
    await harness.send('kustomization-finished')
    await harness.drain()
    const [reason, ...more] = await summaries(harness)
    expect(more).toEqual([])
    expect(reason).toContain('skipped: no Alert takes Kustomization/flux-system/podinfo')
    expect(reason).toContain('flux-system/errors takes errors only')
    expect(reason).toContain('flux-system/other is for Kustomization other')
    expect(reason).toContain('flux-system/labelled selects by matchLabels')
  })

  it('is recorded by every Alert whose source fits, whatever follows', async () => {
    const harness = await withWebhook(
      alert('suspended', 'a', { suspend: true }),
      alert('excluding', 'a', { exclusionList: ['nothing', 'finished in .*s'] }),
      alert('including', 'a', { inclusionList: ['^only this$'] }),
      alert('orphan', 'missing'),
    )
    await harness.send('kustomization-finished')
    await harness.drain()
    expect((await summaries(harness)).sort()).toEqual([
      'retry: Provider flux-system/missing does not exist or is not valid',
      'skipped: Alert suspended',
      'skipped: excluded by exclusionList[1] /finished in .*s/',
      'skipped: no pattern of inclusionList matches the message',
    ])
    expect(harness.requests).toEqual([])
  })

  it('waits for the configuration of its cluster', async () => {
    const harness = createHarness()
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await summaries(harness)).toEqual(['retry: cluster local has no configuration yet'])
    await harness.configure(webhook('a'), alert('all', 'a'))
    await harness.drainNext()
    expect((await summaries(harness)).sort()).toEqual([
      'delivered: HTTP 200',
      'skipped: matched later: see the deliveries of flux-system/all',
    ])
    expect(new Set((await harness.records()).map(({ order }) => order)).size).toBe(1)
  })

  it('re-sent after the queue forgot it does nothing again', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    await harness.send('kustomization-finished')
    await harness.drain()
    harness.clock.advance(3_600_000)
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(await summaries(harness)).toEqual(['delivered: HTTP 200'])
  })

  it('is not lost when a store fails: its message stays', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    await harness.send('kustomization-finished')
    const [event] = await harness.queue.leaseEvents(1)
    if (!event) throw new Error('nothing was queued')
    const broken = {
      read: () => Promise.reject(new Error('disk')),
      replace: harness.ports.configs.replace,
    }
    const { createDispatcher } = await import('../../../relay/pipeline/dispatch.ts')
    const dispatcher = createDispatcher(
      { ...harness.ports, configs: broken },
      { noCrossNamespaceRefs: false, rateLimitIntervalMs: 300_000 },
    )
    await expect(dispatcher.dispatchEvent(event)).rejects.toThrow('disk')
    expect(await harness.records()).toEqual([])
    harness.queue.release(event, 0)
    await harness.drain()
    expect(await summaries(harness)).toEqual(['delivered: HTTP 200'])
  })
})

describe('retries', () => {
  it('follow the schedule to the dead letter', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    const start = harness.clock.now()
    const dueAfter: number[] = []
    while (await harness.drainNext()) dueAfter.push((harness.clock.now() - start) / 1_000)
    const firstHours = [5, 35, 155, 755, 2_555]
    expect(dueAfter.slice(0, 5)).toEqual(firstHours)
    expect(dueAfter.slice(5)).toEqual(Array.from({ length: 23 }, (_, i) => 2_555 + 3_600 * (i + 1)))
    expect(await harness.records()).toMatchObject([
      { outcome: 'dead', reason: 'given up after 29 tries: HTTP 503', attempt: 29 },
    ])
    expect(harness.requests).toHaveLength(29)
    const ids = new Set(harness.requests.map(({ headers }) => headers['webhook-id']))
    expect(ids.size).toBe(1)
  })

  it('wait as long as Retry-After says, at most an hour', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    const start = harness.clock.now()
    harness.answerWith(() => answer(429, { 'retry-after': '90' }))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.queue.nextWakeAt()).toBe(start + 90_000)
    harness.answerWith(() => answer(429, { 'retry-after': '86400' }))
    await harness.drainNext()
    expect(harness.queue.nextWakeAt()).toBe(start + 90_000 + 3_600_000)
  })

  it.each([
    [301, /redirects/],
    [400, /HTTP 400/],
    [404, /HTTP 404/],
    [410, /gone/],
    [413, /HTTP 413/],
  ])('are not made after %i', async (status, reason) => {
    const harness = await withWebhook(alert('all', 'a'))
    harness.answerWith(() => answer(status))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect((await harness.records())[0]).toMatchObject({ outcome: 'dead' })
    expect((await harness.records())[0]?.reason).toMatch(reason)
  })

  it('read the Secret anew once after a 401, at once', async () => {
    const harness = await withGithub()
    harness.answerWith(({ headers }) => {
      const isOld = headers.authorization === 'Bearer ghp_example'
      harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_rotated' })
      return answer(isOld ? 401 : 201)
    })
    await harness.send('kustomization-applied')
    await harness.drain()
    expect(harness.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer ghp_example',
      'Bearer ghp_rotated',
    ])
    expect((await harness.records())[0]).toMatchObject({ outcome: 'delivered' })
  })

  it('end after a second 401', async () => {
    const harness = await withGithub()
    harness.answerWith(() => answer(401))
    await harness.send('kustomization-applied')
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
    expect((await harness.records())[0]).toMatchObject({ outcome: 'dead' })
  })

  it('wait for a Secret, take the corrected one, and die without it', async () => {
    const harness = createHarness()
    await harness.configure(...githubPair())
    await harness.send('kustomization-applied')
    await harness.drain()
    expect((await harness.records())[0]?.reason).toMatch(
      /^Secret flux-system\/github is not known to the relay/,
    )
    while (await harness.drainNext());
    expect((await harness.records())[0]).toMatchObject({ outcome: 'dead' })

    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    const [dead] = await harness.records()
    const replay = await requestReplay(harness.ports, dead?.id ?? '')
    expect(replay.kind).toBe('queued')
    await harness.drain()
    expect((await harness.records())[0]).toMatchObject({ outcome: 'delivered' })
    expect(harness.requests).toHaveLength(1)
  })

  it('drop a stale message, and queue a recorded retry again', async () => {
    const harness = await withWebhook(alert('all', 'a'))
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    await harness.drainNext()
    const [record] = await harness.records()
    if (!record) throw new Error('no record')
    const stale = { deliveryId: record.id, attempt: 1, dueAt: 0 }
    const before = harness.requests.length
    await harness.dispatcher.dispatchRetry(stale)
    expect(harness.requests).toHaveLength(before)
    expect((await harness.queue.depth()).retries).toBe(1)
  })

  it('end as skipped when the Alert is gone, or has come to exclude the event', async () => {
    const harness = await withWebhook(alert('one', 'a'), alert('two', 'a'))
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    await harness.configure(webhook('a'), alert('two', 'a', { exclusionList: ['.'] }))
    await harness.drainNext()
    expect((await summaries(harness)).sort()).toEqual([
      'skipped: Alert flux-system/one does not exist any more',
      'skipped: excluded by exclusionList[0] /./',
    ])
  })
})

describe('commit statuses', () => {
  it('are sent once, and repeats of an unchanged one are counted in one record', async () => {
    const harness = await withGithub()
    for (let minute = 0; minute < 4; minute += 1) {
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.send('kustomization-applied', { timestamp })
      await harness.drain()
      harness.clock.advance(6 * 60_000)
    }
    expect(harness.requests.map(({ url }) => url)).toEqual([
      `https://api.github.com/repos/example/fleet-infra/statuses/${HASH}`,
    ])
    expect(await harness.records()).toMatchObject([
      { outcome: 'suppressed', repeats: 2 },
      { outcome: 'delivered', repeats: 0 },
    ])
    expect((await summaries(harness))[0]).toMatch(
      /unchanged: success: reconciliation succeeded since 2026-11-20T09:14/,
    )
  })

  it('fail, recover and fail within five minutes: three notifications', async () => {
    const harness = await withGithub()
    for (const name of [
      'kustomization-health-check-failed',
      'kustomization-applied',
      'kustomization-health-check-failed',
    ] as const) {
      harness.clock.advance(60_000)
      await harness.send(name, { timestamp: new Date(harness.clock.now()).toISOString() })
      await harness.drain()
    }
    expect(states(harness)).toEqual(['failure', 'success', 'failure'])
  })

  it('never let a slow older attempt land after a newer one', async () => {
    const harness = await withGithub()
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.drain()
    harness.answerWith(() => answer(201))
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    while (await harness.drainNext());
    expect(states(harness)).toEqual(['failure', 'success'])
    expect((await summaries(harness)).sort()).toEqual([
      'delivered: HTTP 201',
      'suppressed: superseded by a newer event of the same subject',
    ])
  })

  it('send nothing newer while an older request may still be on its way', async () => {
    const harness = await withGithub()
    harness.answerWith(() => noAnswer(true))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.drain()
    const sentAt = harness.clock.now()
    harness.answerWith(() => answer(201))
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    expect(states(harness)).toEqual(['failure'])
    while (states(harness).length < 2) expect(await harness.drainNext()).toBe(true)
    expect(states(harness)).toEqual(['failure', 'success'])
    // 15 s for the attempt, 30 s for what may still be on its way.
    expect(harness.clock.now() - sentAt).toBeGreaterThanOrEqual(45_000)
    while (await harness.drainNext());
    expect(states(harness)).toEqual(['failure', 'success'])
  })

  it('send nothing newer while an earlier try of an older one may still be on its way', async () => {
    const harness = await withGithub()
    harness.answerWith(() => noAnswer(true))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.drain()
    const sentAt = harness.clock.now()
    harness.answerWith(() => answer(201))
    // The second try is answered; the first may still land.
    await harness.drainNext()
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    expect(states(harness)).toEqual(['failure', 'failure'])
    while (await harness.drainNext());
    expect(states(harness)).toEqual(['failure', 'failure', 'success'])
    expect(harness.clock.now() - sentAt).toBeGreaterThanOrEqual(45_000)
  })

  it('send the next one when the answer to the last was lost', async () => {
    const harness = await withGithub()
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.drain()
    // The forge applies this failure, and its answer is lost.
    harness.answerWith(() => noAnswer(true))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    harness.answerWith(() => answer(201))
    await harness.send('kustomization-applied', {
      timestamp: '2026-11-20T09:12:00Z',
      message: 'again',
    })
    await harness.drain()
    while (await harness.drainNext());
    expect(states(harness)).toEqual(['success', 'failure', 'success'])
  })

  it('go on being suppressed after a failure that certainly did not arrive', async () => {
    const harness = await withGithub()
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.drain()
    harness.answerWith(() => noAnswer(false))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    harness.answerWith(() => answer(201))
    await harness.send('kustomization-applied', {
      timestamp: '2026-11-20T09:12:00Z',
      message: 'again',
    })
    await harness.drain()
    while (await harness.drainNext());
    expect(states(harness)).toEqual(['success', 'failure'])
    expect((await summaries(harness)).map((text) => text.split(':')[0]).sort()).toEqual([
      'delivered',
      'suppressed',
      'suppressed',
    ])
  })

  it.each([
    ['before the error it follows', '2026-11-20T09:14:02Z', '2026-11-20T08:14:00Z'],
    ['behind an error whose time is ahead', '2026-11-20T10:14:03Z', '2026-11-20T09:14:02Z'],
    ['before the error, in the same second', '2026-11-20T09:14:03Z', '2026-11-20T07:59:59Z'],
    ['without a time, behind an error of the future', '2027-01-01T00:00:00Z', undefined],
  ])('show a success that is stamped %s', async (_, failedAt, succeededAt) => {
    const harness = await withGithub()
    await harness.send('kustomization-health-check-failed', { timestamp: failedAt })
    await harness.drain()
    harness.clock.advance(500)
    await harness.send('kustomization-applied', { timestamp: succeededAt })
    await harness.drain()
    expect(states(harness)).toEqual(['failure', 'success'])
  })

  it('keep their order when the relay starts again with its clock set back', async () => {
    const directory = temporaryDirectory()
    const before = createHarness({}, { directory })
    before.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    await before.configure(...githubPair())
    await before.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:14:02Z' })
    await before.drain()
    await before.close()

    const after = createHarness({}, { directory })
    after.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    after.clock.advance(-3_600_000)
    await after.send('kustomization-applied', { timestamp: '2026-11-20T08:14:05Z' })
    await after.drain()
    expect(states(after)).toEqual(['success'])
  })

  it('keep their order over a replay', async () => {
    const harness = await withGithub()
    harness.answerWith(() => answer(400))
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T08:00:00Z' })
    await harness.drain()
    harness.answerWith(() => answer(201))
    const [dead] = await harness.records()
    harness.clock.advance(3_600_000)
    await requestReplay(harness.ports, dead?.id ?? '')
    await harness.drain()
    expect((await harness.records()).map(({ order }) => order)).toEqual([dead?.order])
  })

  it('refuse the replay of one that was superseded', async () => {
    const harness = await withGithub()
    await harness.send('kustomization-health-check-failed', { timestamp: '2026-11-20T09:10:00Z' })
    await harness.send('kustomization-applied', { timestamp: '2026-11-20T09:11:00Z' })
    await harness.drain()
    const older = (await harness.records()).find(({ event }) => event.severity === 'error')
    expect(await requestReplay(harness.ports, older?.id ?? '')).toMatchObject({ kind: 'refused' })
    expect(await requestReplay(harness.ports, 'nosuch')).toEqual({ kind: 'not-found' })
  })

  it('use the context that commitStatusExpr gives', async () => {
    const harness = createHarness()
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    const [git, podinfo] = githubPair()
    const commitStatusExpr =
      "cluster + '/' + alert.metadata.name + '/' + provider.metadata.uid.split('-').first().value() + '/' + event.metadata.revision.split('@').first().value()"
    await harness.configure({ ...git, spec: { ...git?.spec, commitStatusExpr } }, { ...podinfo })
    await harness.send('kustomization-applied')
    await harness.drain()
    expect(JSON.parse(String(harness.requests[0]?.body))).toMatchObject({
      context: 'local/podinfo/0c9c2e41/main',
    })
  })
})

describe('secrets', () => {
  it('that a destination echoes are masked in the ledger', async () => {
    const harness = await withGithub()
    harness.answerWith(({ headers }) =>
      answer(422, {}, JSON.stringify({ message: `bad ${headers.authorization}` })),
    )
    await harness.send('kustomization-applied')
    await harness.drain()
    const text = JSON.stringify(await harness.records())
    expect(text).toContain('bad Bearer ***')
    expect(text).not.toContain('ghp_example')
  })
})
