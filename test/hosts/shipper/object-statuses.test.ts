import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { KubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import { createObjectStatuses } from '../../../hosts/shipper/sources/object-statuses.ts'
import { kustomizationStatus } from '../../support/kubernetes/flux-statuses.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const GROUP = 'kustomize.toolkit.fluxcd.io'

it('reads no further change of status while the spool is full', async () => {
  const { spool } = testSpool({ maxBytes: 1 })
  const { client, sent } = endlessChanges()
  const said: string[] = []
  const statuses = createObjectStatuses({
    ...{ client, spool, kinds: ['Kustomization'], clock: new ManualClock(), random: () => 0.5 },
    wait: async (ms, signal) => void (await setTimeout(1, undefined, { signal }).catch(() => ms)),
    withLabels: (event) => event,
    observer: {
      statusesUnavailable: (kind) => said.push(`unavailable ${kind}`),
      statusesFailed: (kind, error) => said.push(`failed ${kind}: ${error}`),
      untold: () => undefined,
      spoolFailed: (error) => said.push(String(error)),
    },
  })
  statuses.start()
  onTestFinished(() => statuses.stop())
  await waitFor(() => expect(said.length).toBeGreaterThan(10))
  expect(new Set(said)).toEqual(new Set(['Error: the spool is full']))
  expect(sent()).toBe(1)
})

/** An API server with no Kustomization at first, whose watch brings one after the other. */
function endlessChanges() {
  const answers: Readonly<Record<string, unknown>> = {
    '/apis': {
      groups: [{ name: GROUP, versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } }],
    },
    [`/apis/${GROUP}/v1`]: {
      resources: [
        { name: 'kustomizations', kind: 'Kustomization', namespaced: true, verbs: ['watch'] },
      ],
    },
    '/api/v1': { resources: [] },
  }
  let sent = 0
  const client: KubernetesClient = {
    async request({ path }) {
      return answers[path] ?? { metadata: { resourceVersion: '1' }, items: [] }
    },
    async *stream(_, signal) {
      while (!signal.aborted) {
        sent += 1
        const fields = { ready: 'False', reason: 'BuildFailed', message: 'broken' } as const
        const { metadata, ...object } = kustomizationStatus({
          ...fields,
          attempted: `main@sha1:${'b'.repeat(40)}`,
          at: sent,
        })
        const version = { uid: String(sent), resourceVersion: String(sent + 1) }
        const named = { ...metadata, name: `app-${sent}`, ...version }
        yield [{ type: 'ADDED', object: { ...object, metadata: named } }]
        await setImmediate()
      }
    },
    close: async () => undefined,
  }
  return { client, sent: () => sent }
}
