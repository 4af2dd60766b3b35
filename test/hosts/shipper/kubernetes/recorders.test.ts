import { describe, expect, it } from 'vitest'
import { isRealCluster, startCluster } from '../../../support/kubernetes/cluster.ts'
import { PODINFO } from '../../../support/kubernetes/event-manifests.ts'
import { startEventRecorder } from '../../../support/kubernetes/event-recorder.ts'
import { spooledEvents } from '../../../support/kubernetes/event-watch.ts'
import { applyStatus, kustomizationStatus } from '../../../support/kubernetes/flux-statuses.ts'
import { watchWithStatuses } from '../../../support/kubernetes/status-watch.ts'
import { testSpool } from '../../../support/spool.ts'
import { waitFor } from '../../../support/wait-for.ts'

const PROGRAM = process.env.FLUX_RELAY_EVENT_RECORDER ?? ''
const GROUP = 'kustomize.toolkit.fluxcd.io'

/** More of each type than the recorder of core/v1 lets through. */
const COMMITS = 54

/** The recorders of client-go, which `npm run test:kube` builds where there is Go. */
describe.skipIf(!isRealCluster || PROGRAM === '')('with the watch alone', () => {
  it.each(['core', 'events'] as const)(
    'each commit gets its status, whatever the recorder of %s forgets',
    async (recorder) => {
      const cluster = await startCluster()
      const clock = { now: () => Date.now() }
      const status = (fields: object) =>
        applyStatus(cluster, kustomizationStatus({ ready: 'Unknown', time: Date.now(), ...fields }))
      await status({})
      const { spool, close } = testSpool({ clock })
      const { statuses, run } = watchWithStatuses(cluster, { spool, close, clock })
      await waitFor(() => {
        expect(statuses.isFollowed(GROUP, 'Kustomization')).toBe(true)
        expect(run.said).toContain('began Kustomization 0')
      })
      const events = startEventRecorder(PROGRAM, cluster)
      const isGood = (commit: number) => commit % 2 === 0
      let applied = revisionOf(0)
      for (let commit = 1; commit <= COMMITS; commit += 1) {
        const revision = revisionOf(commit)
        await status({ working: revision, applied, attempted: revision, reason: 'Progressing' })
        if (isGood(commit)) applied = revision
        const [ready, reason, message] = isGood(commit)
          ? (['True', 'ReconciliationSucceeded', `Applied revision: ${revision}`] as const)
          : (['False', 'ReconciliationFailed', 'ConfigMap/default/x dry-run failed'] as const)
        await status({ ready, reason, message, applied, attempted: revision })
        await events.report({
          ...{ recorder, reason, type: isGood(commit) ? 'Normal' : 'Warning', object: PODINFO },
          annotations: { [`${GROUP}/revision`]: revision },
          message: isGood(commit)
            ? `Reconciliation finished in 1.${commit}s, next run in 1m0s`
            : message,
        })
      }
      await waitFor(() => {
        const told = spooledEvents(spool).map(({ severity, metadata }) => [
          (metadata as Record<string, string>)[`${GROUP}/revision`],
          severity,
        ])
        const severities = Array.from({ length: COMMITS }, (_, index) => [
          ...new Set(told.filter(([name]) => name === revisionOf(index + 1)).map(([, it]) => it)),
        ])
        expect(severities).toEqual(
          Array.from({ length: COMMITS }, (_, index) => [isGood(index + 1) ? 'info' : 'error']),
        )
      }, 60_000)
      const written = await cluster.list('v1', 'Event')
      expect(written.length).toBeLessThan(COMMITS / 2)
    },
    180_000,
  )
})

function revisionOf(commit: number): string {
  return `main@sha1:${commit.toString(16).padStart(40, '0')}`
}
