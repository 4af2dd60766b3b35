import { describe, expect, it } from 'vitest'
import { type ConfigRun, runConfig } from '../../../support/config-harness.ts'
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts'
import { definitionOf, notificationKinds } from '../../../support/kubernetes/definitions.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { waitFor } from '../../../support/wait-for.ts'

const GUIDE_ALERT = {
  eventSeverity: 'info',
  eventSources: [
    { kind: 'GitRepository', name: '*' },
    { kind: 'Kustomization', name: '*' },
  ],
}
const GUIDE_PROVIDER = { type: 'slack', channel: 'general', secretRef: { name: 'slack-url' } }

/** Of an object of flux-system. */
async function readyOf(cluster: TestCluster, kind: string, name: string) {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  const object = await cluster.get({ apiVersion, kind, namespace: 'flux-system', name })
  const status = object?.status as { conditions?: readonly Record<string, unknown>[] } | undefined
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

function patches({ requests }: TestCluster): readonly string[] {
  return requests
    .filter(({ verb }) => verb === 'patch')
    .map(({ resource, name, status }) => `${resource} ${name} ${status}`)
}

/** A cluster with the guide's objects, whose readiness was shown. */
async function shownGuide(cluster: TestCluster): Promise<ConfigRun> {
  await cluster.apply(providerObject('slack', GUIDE_PROVIDER, 'v1beta1'))
  await cluster.apply(alertObject('on-call-webapp', GUIDE_ALERT, 'v1beta1'))
  const run = await runConfig(cluster)
  const data = { address: 'https://hooks.slack.com/services/T/B/x' }
  run.relay.ports.secrets.put('prod', 'flux-system', 'slack-url', data)
  await run.answered(1)
  await waitFor(() => expect(patches(cluster)).toHaveLength(2))
  return run
}

describe('the status', () => {
  it("of the guide's objects is True, Initialized, and is not put or written again", async () => {
    const cluster = await startCluster()
    const run = await shownGuide(cluster)
    expect(await readyOf(cluster, 'Alert', 'on-call-webapp')).toEqual({
      type: 'Ready',
      status: 'True',
      reason: 'Succeeded',
      message: 'Initialized',
      observedGeneration: 1,
      lastTransitionTime: expect.stringMatching(/^2026-11-20T09:14:\d\dZ$/),
    })
    expect(await readyOf(cluster, 'Provider', 'slack')).toMatchObject({ status: 'True' })
    await waitFor(() => {
      const [alert, provider] = [run.watch.alerts()?.[0], run.watch.providers()?.[0]]
      expect(alert?.status).toMatchObject({ observedGeneration: 1 })
      expect(provider?.status).toMatchObject({ observedGeneration: 1 })
    })
    expectNoPutDue(run)
    run.upload.putAgain()
    await run.answered(2)
    await waitFor(() => expect(run.said.at(-1)).toBe('uploaded 1 1 0'))
    expect(patches(cluster)).toHaveLength(2)
  })

  it('follows what the relay says, with the time of the last change of it', async () => {
    const cluster = await startCluster()
    const run = await shownGuide(cluster)
    const before = await readyOf(cluster, 'Provider', 'slack')
    await cluster.apply(providerObject('slack', { type: 'slakc' }, 'v1beta1'))
    await waitFor(() => expect(run.watch.providers()?.[0]?.metadata.generation).toBe(2))
    await run.time.pass(30_000)
    await run.answered(2)
    await waitFor(async () => {
      expect(await readyOf(cluster, 'Provider', 'slack')).toMatchObject({
        status: 'False',
        reason: 'ValidationFailed',
        message: 'spec.type: unknown type slakc; did you mean slack?',
        observedGeneration: 2,
      })
    })
    await waitFor(async () =>
      expect(await readyOf(cluster, 'Alert', 'on-call-webapp')).toMatchObject({
        status: 'False',
        reason: 'ProviderNotReady',
        observedGeneration: 1,
      }),
    )
    const after = await readyOf(cluster, 'Provider', 'slack')
    expect(after?.lastTransitionTime).not.toBe(before?.lastTransitionTime)
    await cluster.apply(providerObject('slack', { type: 'kcals' }, 'v1beta1'))
    await waitFor(() => expect(run.watch.providers()?.[0]?.metadata.generation).toBe(3))
    await run.time.pass(30_000)
    await run.answered(3)
    await waitFor(async () => {
      expect(await readyOf(cluster, 'Provider', 'slack')).toMatchObject({
        message: 'spec.type: unknown type kcals',
        lastTransitionTime: after?.lastTransitionTime,
      })
    })
  })

  it('of somebody else stays beside it, and is fought over only after a put', async () => {
    const cluster = await startCluster()
    const run = await shownGuide(cluster)
    const path = `/apis/notification.toolkit.fluxcd.io/v1beta3/namespaces/flux-system/alerts/on-call-webapp/status`
    const lastTransitionTime = '2026-11-20T00:00:00Z'
    const theirs = ['Ready', 'Stalled'].map((type) => ({
      ...{ type, status: 'False', reason: 'Theirs', message: 'theirs', lastTransitionTime },
    }))
    await run.client.request({ method: 'PATCH', path, body: { status: { conditions: theirs } } })
    await waitFor(() => {
      const [alert] = run.watch.alerts() ?? []
      expect(alert?.status).toMatchObject({ conditions: theirs })
    })
    expectNoPutDue(run)
    expect(patches(cluster)).toHaveLength(3)
    run.upload.putAgain()
    await run.answered(2)
    await waitFor(async () =>
      expect(await readyOf(cluster, 'Alert', 'on-call-webapp')).toMatchObject({ status: 'True' }),
    )
    const alert = await cluster.get({
      ...{ apiVersion: 'notification.toolkit.fluxcd.io/v1beta3', kind: 'Alert' },
      ...{ namespace: 'flux-system', name: 'on-call-webapp' },
    })
    expect(alert?.status).toMatchObject({
      conditions: [{ type: 'Ready', reason: 'Succeeded' }, theirs[1]],
    })
  })

  it.each(['409', '503'])('is written again after %s', async (status) => {
    const cluster = await startDoubleCluster()
    cluster.answerNext({ verb: 'patch' }, { status: Number(status) })
    await cluster.apply(providerObject('slack'))
    const run = await runConfig(cluster)
    await run.answered(1)
    await letWaitsPass(run, async () =>
      expect(await readyOf(cluster, 'Provider', 'slack')).toMatchObject({ status: 'True' }),
    )
    expect(patches(cluster).map((text) => text.slice(-3))).toEqual([status, '200'])
  })

  it('is not written of an object that changed since it was put, or is gone', async () => {
    const cluster = await startDoubleCluster()
    await cluster.apply(providerObject('slack'))
    await cluster.apply(providerObject('gone'))
    await cluster.apply(alertObject('changed'))
    let change = async () => {
      const { apiVersion, kind, metadata } = providerObject('gone')
      await cluster.remove({ apiVersion, kind, ...metadata })
      await cluster.apply(alertObject('changed', { suspend: true }))
      await waitFor(() => expect(run.watch.providers()).toHaveLength(1))
      await waitFor(() => expect(run.watch.alerts()?.[0]?.metadata.generation).toBe(2))
    }
    const run: ConfigRun = await runConfig(cluster, {
      answered: async () => {
        const once = change
        change = async () => undefined
        await once()
      },
    })
    await run.answered(1)
    await waitFor(() => expect(patches(cluster)).toEqual(['providers/status slack 200']))
    await run.answered(2)
    await waitFor(async () =>
      expect(await readyOf(cluster, 'Alert', 'changed')).toMatchObject({ observedGeneration: 2 }),
    )
    expect(run.said.filter((text) => text.startsWith('not written'))).toEqual([])
  })

  it('that may not be written is told once a put, and stops nothing', async () => {
    const cluster = await startCluster({
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    })
    await cluster.apply(providerObject('slack'))
    await cluster.apply(alertObject('a'))
    await cluster.apply(alertObject('b'))
    const run = await runConfig(cluster)
    await run.answered(1)
    const told = () => run.said.filter((text) => text.startsWith('not written'))
    await letWaitsPass(run, async () => expect(told()).toHaveLength(2))
    expect(told().map((text) => text.split(':')[0])).toEqual([
      'not written Provider/flux-system/slack',
      'not written Alert/flux-system/a',
    ])
    await cluster.apply(alertObject('c'))
    await waitFor(() => expect(run.watch.alerts()).toHaveLength(3))
    await run.answered(2)
  })
})

describe('a kind without a status', () => {
  it('has an Event for each change of readiness', async () => {
    const cluster = await startCluster({ notification: notificationKinds(['v1beta3']) })
    await cluster.apply(providerObject('slack'))
    await cluster.apply(alertObject('a'))
    const run = await runConfig(cluster)
    await run.answered(1)
    const events = async () => {
      const all = await cluster.list('v1', 'Event')
      return all.filter(({ source }) => JSON.stringify(source) === '{"component":"flux-relay"}')
    }
    await waitFor(async () => expect(await events()).toHaveLength(2))
    const [alert] = run.watch.alerts() ?? []
    const ofAlert = (await events()).find(({ involvedObject }) =>
      JSON.stringify(involvedObject).includes('Alert'),
    )
    expect(ofAlert).toMatchObject({
      metadata: { namespace: 'flux-system', name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) },
      involvedObject: {
        apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
        ...{ kind: 'Alert', namespace: 'flux-system', name: 'a', uid: alert?.metadata.uid },
      },
      ...{ type: 'Normal', reason: 'Succeeded', message: 'Initialized' },
      reportingComponent: 'flux-relay',
    })
    run.upload.putAgain()
    await run.answered(2)
    const pattern = 'ä'.repeat(2_000)
    await cluster.apply(alertObject('a', { exclusionList: [`(${pattern}`] }))
    await waitFor(() => expect(run.watch.alerts()?.[0]?.metadata.generation).toBe(2))
    await run.answered(3)
    await waitFor(async () => expect(await events()).toHaveLength(3))
    const messages = (await events()).map(({ message }) => String(message))
    expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeGreaterThan(
      1_000,
    )
    expect(messages.every((message) => Buffer.byteLength(message) <= 1_024)).toBe(true)
    expect(patches(cluster)).toEqual([])
  })
})

describe('definitions that change while the shipper runs', () => {
  const readinessEvents = async (cluster: TestCluster) =>
    (await cluster.list('v1', 'Event')).filter(({ message }) => message === 'Initialized')
  /** Resolves once the API server has taken it over, for which a real one takes a moment. */
  const define = async (cluster: TestCluster, { client }: ConfigRun, hasStatus: boolean) => {
    for (const kind of notificationKinds(['v1beta3'], hasStatus)) {
      await cluster.apply(definitionOf(kind))
    }
    const path = '/apis/notification.toolkit.fluxcd.io/v1beta3'
    await waitFor(async () => {
      const served = JSON.stringify(await client.request({ method: 'GET', path }))
      for (const plural of ['alerts', 'providers']) {
        expect(served.includes(`${plural}/status`)).toBe(hasStatus)
      }
    })
  }

  it('and lose the status: readiness shows in Events, at the next look', async () => {
    const cluster = await startCluster({ notification: notificationKinds(['v1beta3'], true) })
    await cluster.apply(providerObject('slack'))
    const run = await runConfig(cluster)
    await run.answered(1)
    await waitFor(() => expect(patches(cluster)).toHaveLength(1))
    await define(cluster, run, false)
    await run.time.pass(600_000)
    await letWaitsPass(run, async () => expect(await readinessEvents(cluster)).toHaveLength(1))
  })

  it('and lose it between a look and a put: the put itself finds out', async () => {
    const cluster = await startCluster({ notification: notificationKinds(['v1beta3'], true) })
    await cluster.apply(providerObject('slack'))
    const run = await runConfig(cluster)
    await run.answered(1)
    await waitFor(() => expect(patches(cluster)).toHaveLength(1))
    await define(cluster, run, false)
    await cluster.apply(providerObject('slack', { channel: 'other' }))
    await waitFor(() => expect(run.watch.providers()?.[0]?.metadata.generation).toBe(2))
    await run.answered(2)
    // Before time passes: the tries of a write are seconds apart, and a look takes none.
    await waitFor(() => expect(run.watch.resource('Provider')?.hasStatus).toBe(false))
    await letWaitsPass(run, async () => expect(await readinessEvents(cluster)).toHaveLength(1))
  })

  it('and gain one: it is filled without a change of any object', async () => {
    const cluster = await startCluster({ notification: notificationKinds(['v1beta3'], false) })
    await cluster.apply(providerObject('slack'))
    const run = await runConfig(cluster)
    await run.answered(1)
    await waitFor(async () => expect(await readinessEvents(cluster)).toHaveLength(1))
    await define(cluster, run, true)
    await run.time.pass(600_000)
    await letWaitsPass(run, async () =>
      expect(await readyOf(cluster, 'Provider', 'slack')).toMatchObject({ status: 'True' }),
    )
  })
})

/** But at the next turn: the wait for the end of a change begins with the change. */
function expectNoPutDue({ puts, time }: ConfigRun): void {
  expect([puts.length, time.waits.filter((ms) => ms < 60_000)]).toEqual([1, []])
}

async function letWaitsPass(run: ConfigRun, check: () => Promise<void>): Promise<void> {
  await waitFor(async () => {
    const [next = 60_000] = run.time.waits
    if (next < 60_000) await run.time.pass(next)
    await check()
  })
}
