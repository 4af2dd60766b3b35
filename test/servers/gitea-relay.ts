import { testClient } from '../support/http-client.ts'
import { alert, CLUSTER, createHarness, provider } from '../support/relay-harness.ts'

const MINUTE = 60_000

/** A relay with one Provider of this spec, and an Alert that takes all Kustomizations to it. */
export async function relayTo(spec: Readonly<Record<string, unknown>>, token: string) {
  const { annotations, ...rest } = spec
  const harness = createHarness({}, { http: testClient() })
  harness.secrets.set(`${CLUSTER}/flux-system/gitea`, { token })
  const own = provider('gitea', { ...rest, secretRef: { name: 'gitea' } })
  await harness.configure(
    { ...own, metadata: { ...own.metadata, ...(annotations !== undefined && { annotations }) } },
    alert('all', 'gitea'),
  )
  return {
    harness,
    /** Sends events, all before the first is dispatched. Each is of another object unless it says so. */
    async deliver(...events: readonly ToldEvent[]) {
      for (const { metadata, ageMinutes = 0, name = crypto.randomUUID(), ...rest } of events) {
        await harness.send('kustomization-applied', {
          timestamp: new Date(harness.clock.now() - ageMinutes * MINUTE).toISOString(),
          involvedObject: {
            apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
            kind: 'Kustomization',
            namespace: 'flux-system',
            name,
          },
          metadata,
          ...rest,
        })
      }
      await harness.drain()
      return harness.records()
    },
  }
}

export interface ToldEvent {
  readonly metadata: Readonly<Record<string, string>>
  readonly name?: string
  readonly message?: string
  readonly reason?: string
  readonly severity?: string
  readonly ageMinutes?: number
}

/** The metadata of an event that is meant for the status of this commit. */
export const aboutCommit = (sha: string) => ({
  'kustomize.toolkit.fluxcd.io/commit_status': 'update',
  'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${sha}`,
})
