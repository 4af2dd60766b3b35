import { onTestFinished } from 'vitest'
import { createKubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import { createHeldRelease } from '../../../hosts/shipper/sources/held-release.ts'
import {
  createObjectStatuses,
  type ObjectStatuses,
} from '../../../hosts/shipper/sources/object-statuses.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { TestSpool } from '../spool.ts'
import type { TestCluster } from './cluster.ts'
import { type EventWatchRun, runEventWatch } from './event-watch.ts'

export interface StatusWatchRun {
  readonly run: EventWatchRun
  readonly statuses: ObjectStatuses
  /** What the observer of statuses was told: `unavailable Kustomization`, `untold 2`. */
  readonly said: readonly string[]
  /** Ends it, and closes the spool. */
  stop(): Promise<void>
}

/** All of the shipper that watches Kustomizations: their Events, their status, and what is held. */
export function watchWithStatuses(
  cluster: TestCluster,
  { spool, close, clock }: Pick<TestSpool, 'spool' | 'close'> & { clock: Pick<Clock, 'now'> },
): StatusWatchRun {
  const { url, tokenFile, ca } = cluster
  const address = { url, tokenFile, userAgent: 'flux-relay/test' }
  const client = createKubernetesClient({ ...address, ...(ca !== undefined && { ca }) })
  onTestFinished(() => client.close())
  const said: string[] = []
  const kinds = ['Kustomization']
  const random = () => 0.5
  const statuses = createObjectStatuses({
    ...{ client, spool, kinds, clock, random, wait, withLabels: (event) => event },
    observer: {
      statusesUnavailable: (kind) => said.push(`unavailable ${kind}`),
      statusesFailed: (kind) => said.push(`failed ${kind}`),
      untold: (changes) => said.push(`untold ${changes}`),
      spoolFailed: () => said.push('spool failed'),
    },
  })
  const release = createHeldRelease({
    ...{ spool, wait, clock: { now: () => clock.now(), random } },
    onFailed: () => said.push('release failed'),
  })
  statuses.start()
  release.start()
  const run = runEventWatch(cluster, spool, { kinds, clock, statuses })
  const stop = async () => {
    await Promise.all([run.stop(), statuses.stop(), release.stop(1_000)])
    close()
  }
  onTestFinished(stop)
  return { run, statuses, said, stop }
}

/** Some time, so that what is down is not asked all the time. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(ms, 10))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
