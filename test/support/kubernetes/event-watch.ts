import { onTestFinished } from 'vitest'
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../hosts/shipper/kubernetes/client.ts'
import {
  createEventWatch,
  type EventWatch,
  type EventWatchOptions,
} from '../../../hosts/shipper/sources/event-watch.ts'
import type { Spool } from '../../../hosts/shipper/spool/spool.ts'
import { ManualClock } from '../manual-clock.ts'
import type { TestCluster } from './cluster.ts'

export interface EventWatchRun extends EventWatch {
  /** What the observer was told: `spooled 2`, `began Kustomization 3`, `full Kustomization`. */
  readonly said: readonly string[]
}

export type EventWatchRunOptions = Partial<
  Pick<EventWatchOptions, 'kinds' | 'clock' | 'withLabels' | 'wait' | 'statuses'>
>

/** A watch at work until the test is over; of Kustomizations unless told otherwise. */
export function runEventWatch(
  cluster: TestCluster,
  spool: Spool,
  options: EventWatchRunOptions = {},
): EventWatchRun {
  const { url, tokenFile, ca } = cluster
  const userAgent = 'flux-relay/test'
  const client = createKubernetesClient({
    url,
    tokenFile,
    userAgent,
    ...(ca !== undefined && { ca }),
  })
  onTestFinished(() => client.close())
  return runEventWatchOf(client, spool, options)
}

export function runEventWatchOf(
  client: KubernetesClient,
  spool: Spool,
  options: EventWatchRunOptions = {},
): EventWatchRun {
  const said: string[] = []
  const tell =
    (what: string) =>
    (...details: readonly unknown[]) => {
      const words = details.filter((detail) => ['string', 'number'].includes(typeof detail))
      said.push([what, ...words].join(' '))
    }
  const watch = createEventWatch({
    client,
    spool,
    kinds: ['Kustomization'],
    clock: new ManualClock(),
    random: () => 0.5,
    // Some time, so that what is down is not asked all the time.
    wait: () => new Promise((resolve) => setTimeout(resolve, 10)),
    observer: {
      spooled: tell('spooled'),
      known: tell('known'),
      began: tell('began'),
      skipped: tell('skipped'),
      shortened: tell('shortened'),
      apiFailed: (kind, { status }) => said.push(`api failed ${kind} ${status}`),
      unknownKind: (kind) => said.push(`unknown kind ${kind}`),
      apiRecovered: (kind) => said.push(`api recovered ${kind}`),
      spoolFull: (kind) => said.push(`full ${kind}`),
      spoolFailed: () => said.push('spool failed'),
    },
    ...options,
  })
  watch.start()
  onTestFinished(() => watch.stop())
  return { ...watch, said }
}

/** A Flux event as it is spooled. */
export interface SpooledFluxEvent {
  readonly involvedObject: Readonly<Record<string, string>>
  readonly message: string
  readonly timestamp: string
  readonly [field: string]: unknown
}

/** All that waits in the spool. */
export function spooledEvents(spool: Spool): readonly SpooledFluxEvent[] {
  return spool.peek(100_000, 2 ** 30).map(({ body }) => JSON.parse(body) as SpooledFluxEvent)
}

export function spooledMessages(spool: Spool): readonly string[] {
  return spooledEvents(spool).map(({ message }) => message)
}
