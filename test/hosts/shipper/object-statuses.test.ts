import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { KubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import { stateOfEvent } from '../../../hosts/shipper/sources/event-state.ts'
import { createObjectStatuses } from '../../../hosts/shipper/sources/object-statuses.ts'
import { tell } from '../../../hosts/shipper/sources/reports.ts'
import type { Manifest } from '../../support/kubernetes/api-object.ts'
import { PODINFO } from '../../support/kubernetes/event-manifests.ts'
import { kustomizationStatus } from '../../support/kubernetes/flux-statuses.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const GROUP = 'kustomize.toolkit.fluxcd.io'
const REVISION = `main@sha1:${'b'.repeat(40)}`

it('does not tell the status of an object that an Event told of while the others were listed', async () => {
  const { spool } = testSpool()
  const stateOf = (name: string) =>
    stateOfEvent({
      ...{ involvedObject: { ...PODINFO, name }, severity: 'error', reason: 'BuildFailed' },
      ...{
        metadata: { [`${GROUP}/revision`]: REVISION },
        timestamp: new Date(START).toISOString(),
      },
    })
  const told = (name: string) =>
    spool.change((write) => tell(spool.memory, write, stateOf(name), START))
  const isTold = (name: string) => spool.memory.told.read(stateOf(name)?.object ?? '') !== undefined
  await told('gone')
  const untold: number[] = []
  const list = async () => {
    await told(PODINFO.name)
    return { metadata: { resourceVersion: '1' }, items: [] }
  }
  const failure = { ready: 'False', reason: 'BuildFailed', message: 'broken' } as const
  const made = kustomizationStatus({ ...failure, attempted: REVISION })
  const statuses = createObjectStatuses({
    ...{ client: kustomizeApi(list, made), spool, kinds: ['Kustomization'] },
    ...{ clock: new ManualClock(), random: () => 0.5, withLabels: (event) => event },
    wait: async (ms, signal) => void (await setTimeout(1, undefined, { signal }).catch(() => ms)),
    observer: {
      ...{ statusesUnavailable: () => undefined, statusesFailed: () => undefined },
      ...{ untold: (changes) => untold.push(changes), spoolFailed: () => undefined },
    },
  })
  statuses.start()
  const event = { involvedObject: PODINFO, reason: 'BuildFailed', message: 'broken' }
  await waitFor(() => expect(statuses.metadataOf(event, START)).toBeDefined())
  await statuses.stop()
  expect([untold, isTold(PODINFO.name), isTold('gone')]).toEqual([[], true, false])
})

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

const DISCOVERY: Readonly<Record<string, unknown>> = {
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

/** An API server that lists Kustomizations by `list`, and whose watches begin with one that was made. */
function kustomizeApi(list: () => Promise<unknown>, { metadata, ...made }: Manifest) {
  const object = { ...made, metadata: { ...metadata, uid: 'made', resourceVersion: '2' } }
  return {
    request: async ({ path }) => DISCOVERY[path] ?? list(),
    async *stream(_, signal) {
      yield [{ type: 'ADDED', object }]
      await setTimeout(60_000, undefined, { signal }).catch(() => undefined)
    },
    close: async () => undefined,
  } satisfies KubernetesClient
}

/** An API server with no Kustomization at first, whose watch brings one after the other. */
function endlessChanges() {
  let sent = 0
  const client: KubernetesClient = {
    async request({ path }) {
      return DISCOVERY[path] ?? { metadata: { resourceVersion: '1' }, items: [] }
    },
    async *stream(_, signal) {
      while (!signal.aborted) {
        sent += 1
        const fields = { ready: 'False', reason: 'BuildFailed', message: 'broken' } as const
        const { metadata, ...object } = kustomizationStatus({
          ...fields,
          attempted: REVISION,
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
