import { describe, expect, it } from 'vitest'
import { type ConfigRun, runConfig } from '../../../support/config-harness.ts'
import { startCluster } from '../../../support/kubernetes/cluster.ts'
import {
  definitionOf,
  notificationKinds,
  SILENCE_KIND,
} from '../../../support/kubernetes/definitions.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { START } from '../../../support/manual-clock.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { response } from '../../../support/sender-harness.ts'
import { VirtualTime } from '../../../support/virtual-time.ts'
import { waitFor } from '../../../support/wait-for.ts'

const MINUTE = 60_000

function namesIn({ puts }: ConfigRun): readonly (readonly string[])[] {
  return puts.map(({ alerts, providers }) =>
    [...alerts, ...providers].map(({ metadata }) => metadata.name),
  )
}

describe('the set', () => {
  it('is put when both kinds are listed, an empty one too', async () => {
    const cluster = await startDoubleCluster()
    cluster.answerNext({ verb: 'list', resource: 'providers' }, { status: 503, times: 1 })
    const run = await runConfig(cluster)
    await waitFor(() => expect(run.said.some((text) => text.startsWith('watch failed'))).toBe(true))
    await waitFor(() => expect(run.watch.alerts()).toEqual([]))
    expect([run.puts, run.watch.providers()]).toEqual([[], undefined])
    await run.answered(1)
    expect(run.puts).toEqual([{ takenAt: expect.any(String), alerts: [], providers: [] }])
    await waitFor(() => expect(run.said.at(-1)).toBe('uploaded 0 0 0'))
  })

  it('has what people wrote of each object, and no more', async () => {
    const cluster = await startCluster()
    const provider = providerObject('slack')
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'example.com/owner': 'team-a',
    }
    await cluster.apply({ ...provider, metadata: { ...provider.metadata, annotations } })
    await cluster.apply(alertObject('b'))
    await cluster.apply(alertObject('a'))
    const run = await runConfig(cluster)
    await run.answered(1)
    expect(namesIn(run)).toEqual([['a', 'b', 'slack']])
    const [sent] = run.puts[0]?.providers ?? []
    expect(sent).toMatchObject({
      apiVersion: expect.stringMatching(/^notification\.toolkit\.fluxcd\.io\/v1/),
      kind: 'Provider',
      metadata: {
        annotations: { 'example.com/owner': 'team-a' },
        generation: 1,
        uid: expect.any(String),
      },
      spec: provider.spec,
    })
    expect(sent).not.toHaveProperty('status')
    expect(Object.keys(sent?.metadata ?? {})).not.toContain('managedFields')
    expect(Object.keys(sent?.metadata ?? {})).not.toContain('resourceVersion')
  })

  it('is put when an annotation changes, which is no new generation', async () => {
    const cluster = await startCluster()
    const provider = providerObject('gitlab')
    const annotated = (url: string) => ({
      ...provider,
      metadata: { ...provider.metadata, annotations: { 'flux-relay.io/api-url': url } },
    })
    await cluster.apply(provider)
    const run = await runConfig(cluster)
    await run.answered(1)
    for (const [index, url] of ['https://a.test/api/v4', 'https://b.test/api/v4'].entries()) {
      await cluster.apply(annotated(url))
      await run.answered(2 + index)
      expect(run.puts.at(-1)?.providers[0]?.metadata).toMatchObject({
        generation: 1,
        annotations: { 'flux-relay.io/api-url': url },
      })
    }
  })

  it('is put once for changes that come together', async () => {
    const cluster = await startCluster()
    const run = await runConfig(cluster)
    await run.answered(1)
    await run.resting()
    const from = run.time.elapsed()
    for (const name of ['a', 'b', 'c']) await cluster.apply(alertObject(name))
    await waitFor(() => expect(run.watch.alerts()).toHaveLength(3))
    await run.answered(2)
    expect(namesIn(run)).toEqual([[], ['a', 'b', 'c']])
    const tookMs = run.time.elapsed() - from
    expect([1_000, 2_000]).toContain(tookMs)
  })

  it('is put while changes go on, after five seconds at most', async () => {
    const cluster = await startCluster()
    const run = await runConfig(cluster)
    await run.answered(1)
    await run.resting()
    const from = run.time.elapsed()
    for (let index = 0; run.puts.length === 1 && index < 10; index += 1) {
      await cluster.apply(alertObject(`a-${index}`))
      await waitFor(() => expect(run.watch.alerts()).toHaveLength(index + 1))
      // The first change begins the wait; each later one comes while it lasts.
      if (index > 0) await run.time.pass(1_000)
      await waitFor(() => expect(run.puts.length === 2 || run.time.waits[0] === 1_000).toBe(true))
    }
    expect([run.puts.length, run.time.elapsed() - from]).toEqual([2, 5_000])
  })

  it('is put every ten minutes, and when it has to be judged anew', async () => {
    const run = await runConfig(await startCluster())
    await run.answered(1)
    await run.resting()
    await run.time.pass(10 * MINUTE - 1_000)
    expect(run.puts).toHaveLength(1)
    await run.time.pass(1_000)
    await run.answered(2)
    await waitFor(() =>
      expect(run.said.filter((text) => text.startsWith('uploaded'))).toHaveLength(2),
    )
    run.upload.putAgain()
    await run.answered(3)
    expect(run.puts.map(({ takenAt }) => Date.parse(takenAt))).toEqual(
      run.puts.map(({ takenAt }) => Date.parse(takenAt)).toSorted((a, b) => a - b),
    )
  })

  it('ends with the shipper', async () => {
    const cluster = await startCluster()
    const run = await runConfig(cluster)
    await run.answered(1)
    run.stop()
    await cluster.apply(alertObject('a'))
    await run.time.pass(20 * MINUTE)
    expect(run.puts).toHaveLength(1)
    expect(run.time.waits).toEqual([])
  })
})

describe('when the set was taken', () => {
  it('is later each time, although the clock is set back, and after a restart too', async () => {
    const cluster = await startCluster()
    const first = await runConfig(cluster)
    await first.answered(1)
    first.time.set(-60 * MINUTE)
    first.upload.putAgain()
    await first.answered(2)
    first.stop()
    const time = new VirtualTime()
    time.set(-60 * MINUTE)
    const { memory, relay } = first
    const second = await runConfig(cluster, { time, memory, relay })
    await second.answered(1)
    await waitFor(() => expect(second.said.at(-1)).toBe('uploaded 0 0 0'))
    const [a = 0, b = 0, c = 0] = [...first.puts, ...second.puts].map(({ takenAt }) =>
      Date.parse(takenAt),
    )
    expect([b - a, c - b]).toEqual([1, 1])
    expect([...first.said, ...second.said]).not.toContain('overtaken')
    expect(memory.takenAt).toBe(c)
  })

  it('is moved past that of a set that somebody else put', async () => {
    const run = await runConfig(await startCluster())
    await run.answered(1)
    await run.relay.ports.configs.replace({
      ...{ cluster: 'prod', revision: 'other', manifests: [], objects: [] },
      takenAt: START + 3 * MINUTE,
    })
    run.upload.putAgain()
    await run.answered(3)
    await waitFor(() => expect(run.said.slice(-2)).toEqual(['overtaken', 'uploaded 0 0 0']))
    expect(Date.parse(run.puts.at(-1)?.takenAt ?? '')).toBe(START + 3 * MINUTE + 1)
  })

  it('waits for the next turn when the set of somebody else is of the future', async () => {
    const run = await runConfig(await startCluster())
    await run.answered(1)
    await run.relay.ports.configs.replace({
      ...{ cluster: 'prod', revision: 'other', manifests: [], objects: [] },
      takenAt: START + 20 * MINUTE,
    })
    run.upload.putAgain()
    await run.answered(3)
    await waitFor(() =>
      expect(run.said.at(-1)).toMatch(/^refused HTTP 400: takenAt: is in the future/),
    )
    await run.resting()
    const refusals = () => run.said.filter((text) => text.startsWith('refused'))
    await run.time.pass(10 * MINUTE - 1)
    expect(run.puts).toHaveLength(3)
    await run.time.pass(1)
    await run.answered(5)
    await waitFor(() => expect(refusals()).toHaveLength(2))
    await run.resting()
    await run.time.pass(10 * MINUTE)
    await run.answered(6)
    await waitFor(() => expect(run.said.at(-1)).toBe('uploaded 0 0 0'))
  })
})

describe('a set that is not taken', () => {
  it('is put again until it is', async () => {
    const answers = [
      { kind: 'failure', cause: 'connect', mayHaveArrived: false, detail: 'no' } as const,
      ...[500, 503, 404, 403, 400].map((status) => response(status, { detail: 'not now' })),
      response(200, 'a proxy'),
      response(409, 'a proxy'),
      // Of relays before there were codes, and of a later one with a code that nobody knows here.
      response(409, { detail: 'the manifests folder owns the configuration of prod' }),
      response(409, { type: 'moved-away', detail: 'ask the other one' }),
    ]
    const run = await runConfig(await startCluster(), { answer: () => answers.shift() })
    await run.answered(11)
    await waitFor(() => expect(run.said.at(-1)).toBe('uploaded 0 0 0'))
    expect(run.said.filter((text) => text.startsWith('failed'))).toEqual(
      ['connect', '500', '503', '404', '403', '400', '200', '409', '409', '409'].map(
        (reason) => `failed ${reason}`,
      ),
    )
  })

  it.each([
    ['longer than it would wait by itself', '120', 120_000],
    ['shorter than it would wait by itself', '1', 1_500],
  ])('waits as long as the relay asks: %s', async (_, retryAfter, waitMs) => {
    const answers = [response(503, { detail: 'no' }, { 'retry-after': retryAfter })]
    const run = await runConfig(await startCluster(), { answer: () => answers.shift() })
    await run.answered(1)
    await waitFor(() => expect(run.said.at(-1)).toBe('failed 503'))
    await waitFor(() => expect(run.time.waits).toContain(waitMs))
    await run.time.pass(waitMs - 1)
    expect(run.puts).toHaveLength(1)
    await run.time.pass(1)
    await run.answered(2)
  })

  it('because the manifests of the relay are the configuration waits for the next turn', async () => {
    const detail = 'the manifests folder owns the configuration of prod; change it there'
    const refused = `refused HTTP 409: ${detail}, or use another --cluster, or --no-config`
    const cluster = await startCluster()
    const run = await runConfig(cluster, {
      answer: () => response(409, { type: 'config-owned', detail }),
    })
    await run.answered(1)
    await waitFor(() => expect(run.said.at(-1)).toBe(refused))
    await run.resting()
    await cluster.apply(alertObject('a'))
    await waitFor(() => expect(run.watch.alerts()).toHaveLength(1))
    await run.time.pass(10 * MINUTE - 1)
    expect(run.puts).toHaveLength(1)
    await run.time.pass(1)
    await run.answered(2)
  })

  it('because it is too large is told with its size, and put when it is smaller', async () => {
    const cluster = await startDoubleCluster()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await cluster.apply(alertObject(name, { summary: 'x'.repeat(1_000_000) }))
    }
    const run = await runConfig(cluster)
    await waitFor(async () => {
      await run.time.pass(1_000)
      expect(run.said.at(-1)).toMatch(
        /^refused the Alerts, Providers and Silences are 700\d{4} bytes of JSON/,
      )
    })
    expect(run.puts).toEqual([])
    const { apiVersion, kind, metadata } = alertObject('a')
    await cluster.remove({ apiVersion, kind, ...metadata })
    await run.answered(1)
  })
})

describe('versions', () => {
  it.each([
    [['v1beta1', 'v1beta2'], 'v1beta2'],
    [['v1beta2', 'v1beta3', 'v1'], 'v1'],
  ])('of %s the latest is read: %s', async (versions, expected) => {
    const cluster = await startCluster({
      notification: [...notificationKinds(versions), SILENCE_KIND],
    })
    await cluster.apply(alertObject('a', {}, versions[0]))
    const run = await runConfig(cluster)
    await run.answered(1)
    const apiVersion = `notification.toolkit.fluxcd.io/${expected}`
    expect(run.puts[0]?.alerts).toMatchObject([{ apiVersion }])
    expect(run.said.slice(0, 3).toSorted()).toEqual([
      `served Alert ${apiVersion}`,
      `served Provider ${apiVersion}`,
      'served Silence flux-relay.io/v1alpha1',
    ])
  })

  it('that come and go are followed', async () => {
    const cluster = await startDoubleCluster({
      notification: [...notificationKinds(['v1beta2']), SILENCE_KIND],
    })
    await cluster.apply(alertObject('a', {}, 'v1beta2'))
    const run = await runConfig(cluster)
    await run.answered(1)
    for (const kind of notificationKinds(['v1'])) await cluster.apply(definitionOf(kind))
    cluster.dropConnections()
    await waitFor(async () => {
      const [next = MINUTE] = run.time.waits
      if (next < MINUTE) await run.time.pass(next)
      const apiVersions = run.puts.at(-1)?.alerts.map((alert) => alert.apiVersion)
      expect(apiVersions).toEqual(['notification.toolkit.fluxcd.io/v1'])
    })
    expect(run.said).toContain('served Alert notification.toolkit.fluxcd.io/v1')
    // Not by the look for a better version every ten minutes.
    expect(run.time.elapsed()).toBeLessThan(2 * MINUTE)
  })

  it('of Silences are put as none once the cluster has no such kind any more', async () => {
    const cluster = await startDoubleCluster()
    await cluster.apply({
      ...{ apiVersion: 'flux-relay.io/v1alpha1', kind: 'Silence' },
      metadata: { name: 'night', namespace: 'flux-system' },
      spec: { match: 'true', reason: 'night', schedule: '0 22 * * *', duration: '8h' },
    })
    const run = await runConfig(cluster)
    await run.answered(1)
    expect(run.watch.viewed('Silence')).toHaveLength(1)
    // Nobody watches while it goes.
    await cluster.setDown(true)
    const { apiVersion, kind, metadata } = definitionOf(SILENCE_KIND)
    await cluster.remove({ apiVersion, kind, name: metadata.name })
    await cluster.setDown(false)
    await waitFor(async () => {
      const [next = MINUTE] = run.time.waits
      await run.time.pass(next)
      expect(run.said).toContain('absent Silence')
    })
    expect(run.watch.viewed('Silence')).toEqual([])
    await run.answered(2)
  })

  it('are looked for every minute where there is none', async () => {
    const cluster = await startCluster({ notification: [] })
    const run = await runConfig(cluster)
    const absent = ['absent Alert', 'absent Provider', 'absent Silence']
    await waitFor(() => expect(run.said.toSorted()).toEqual(absent))
    for (let minute = 0; minute < 3; minute += 1) {
      // Of each kind.
      const waits = () => run.time.waits.filter((ms) => ms === MINUTE)
      await waitFor(() => expect(waits()).toHaveLength(3))
      const lookups = discoveries(cluster)
      await run.time.pass(MINUTE)
      await waitFor(() => expect(discoveries(cluster)).toBeGreaterThan(lookups))
    }
    expect([run.said.length, run.puts, run.watch.isSettled()]).toEqual([3, [], true])
    for (const kind of notificationKinds(['v1beta3'])) await cluster.apply(definitionOf(kind))
    await waitFor(async () => {
      await run.time.pass(MINUTE)
      expect(run.puts.length).toBeGreaterThan(0)
    })
  })
})

function discoveries(cluster: { readonly requests: readonly { readonly resource: string }[] }) {
  return cluster.requests.filter(({ resource }) => resource === '').length
}
