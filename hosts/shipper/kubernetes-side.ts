import type { OutboundEnvironment } from '../../adapters/http/outbound-environment.ts'
import type { RelayAddress } from '../../client/cluster/authorised.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import type { Log } from '../kit/log.ts'
import type { AppDependencies } from './app.ts'
import { startConfigUpload } from './config/config-upload.ts'
import { type ConfigWatch, startConfigWatch } from './config/config-watch.ts'
import { createWriteBack } from './config/write-back.ts'
import { createKubernetesClient, type KubernetesClient } from './kubernetes/client.ts'
import type { KubernetesConnection } from './kubernetes/connection.ts'
import { followLabels, type ObjectLabels } from './labels/object-labels.ts'
import { startable } from './loop.ts'
import type { ShipperMetrics } from './metrics.ts'
import { createConfigurationObserver } from './observers/configuration.ts'
import { createEventWatchObserver } from './observers/event-watch.ts'
import { createFoundEndsObserver } from './observers/found-ends.ts'
import { createLabelsObserver } from './observers/labels.ts'
import { createObjectStatusesObserver } from './observers/object-statuses.ts'
import { createSecretsObserver } from './observers/secrets.ts'
import type { SecretCopies } from './secrets/secret-copies.ts'
import { createSecretSync } from './secrets/secret-sync.ts'
import type { OutageWait } from './send/outage.ts'
import type { WithLabels } from './sources/event-text.ts'
import { createEventWatch } from './sources/event-watch.ts'
import { FoundEnds } from './sources/found-ends.ts'
import { noteFailure } from './sources/note-failure.ts'
import { createObjectStatuses } from './sources/object-statuses.ts'
import { createPostAdmission } from './sources/post-admission.ts'
import type { ConfigMemory } from './spool/config-memory.ts'
import type { Spool } from './spool/spool.ts'
import type { SyncMemory } from './spool/sync-memory.ts'
import { within } from './within.ts'

/** What the shipper does with the API of its cluster. */
export interface KubernetesOptions {
  readonly connection: KubernetesConnection
  /** The kinds whose Kubernetes Events are sent; `*` for all. */
  readonly watchEvents: readonly string[]
  /** Whether Alerts and Providers are put to the relay, and labels added to events. */
  readonly config: boolean
  /** Whether to look at objects that failed, which may be ready again without an event. */
  readonly readyCheck: boolean
  /** Present when the Secrets that Providers name are copied; needs `config`. */
  readonly secrets?: SecretsOptions
}

export interface SecretsOptions {
  readonly copies: SecretCopies
  /** The name of the place where the copies are. What was copied is remembered by it. */
  readonly target: string
  /** How long a copy that nothing names is kept, in milliseconds. */
  readonly graceMs: number
  /** Closes the connections to that place. */
  readonly close: () => void
}

export interface KubernetesSideDependencies {
  readonly spool: Spool
  readonly configMemory: ConfigMemory
  readonly syncMemory: (target: string) => SyncMemory
  /** The HTTP client that sends to the relay. */
  readonly http: HttpClient
  /** The route `PUT /v1/clusters/{cluster}/config` of the relay. */
  readonly relay: RelayAddress
  readonly clock: Clock
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly waitForRelay: OutageWait
  readonly metrics: ShipperMetrics
  readonly log: Log
  readonly userAgent: string
  readonly outbound?: OutboundEnvironment | undefined
}

/** The running parts that use the API of the shipper's cluster. */
export interface KubernetesSide {
  /** The labels for the sender. Absent when the configuration is not watched. */
  readonly labels?: ObjectLabels
  /** What the sink does with an event that was posted. */
  readonly posted: Pick<AppDependencies, 'withLabels' | 'watched' | 'noted'>
  /** Stops all parts. False when after `graceMs` milliseconds one of them still uses the spool. */
  stop(graceMs: number): Promise<boolean>
}

/** A part that runs until it is stopped. */
interface Part {
  /**
   * Resolves once the part does not use the spool any more; with false when that took over
   * `graceMs`.
   */
  readonly stop: (graceMs: number) => Promise<boolean>
}

/** How often the cluster is asked how it serves the two kinds: two small requests for each. */
const LOOK_AGAIN_MS = 30_000

/**
 * Starts the parts that are asked for. What fails is tried again; nothing here keeps the shipper
 * from starting.
 */
export function startKubernetesSide(
  options: KubernetesOptions,
  deps: KubernetesSideDependencies,
): KubernetesSide {
  const { userAgent, outbound } = deps
  const client = createKubernetesClient({ ...options.connection, ...outbound, userAgent })
  const configuration = options.config ? startConfiguration(client, options, deps) : undefined
  const labels = configuration?.labels
  const withLabels: WithLabels | undefined = labels && ((event) => labels.withLabels(event))
  const { watchEvents: kinds } = options
  // Without kinds it forgets what it knew of those that there were.
  const events = startEvents(client, kinds, withLabels, deps)
  const ends = options.readyCheck ? startFoundEnds(client, withLabels, deps) : undefined
  return {
    ...(labels && { labels }),
    posted: {
      ...(withLabels && { withLabels }),
      ...(kinds.length > 0 && { watched: watchedKinds(kinds, deps) }),
      noted: failureNotes(deps),
    },
    async stop(graceMs) {
      const stopping = [events, ends, configuration].map((part) => part?.stop(graceMs))
      // What is asked of the API now is asked again after the next start.
      await client.close()
      return (await Promise.all(stopping)).every((it) => it !== false)
    },
  }
}

function startEvents(
  client: KubernetesClient,
  kinds: readonly string[],
  withLabels: WithLabels | undefined,
  { spool, clock, wait, log, metrics }: KubernetesSideDependencies,
): Part {
  const { random } = clock
  const statuses = createObjectStatuses({
    ...{ client, spool, kinds, clock, random, wait, withLabels: withLabels ?? ((event) => event) },
    observer: createObjectStatusesObserver(log, metrics),
  })
  const watch = createEventWatch({
    ...{ client, spool, kinds, clock, random, wait, statuses },
    observer: createEventWatchObserver(log, metrics),
    ...(withLabels && { withLabels }),
  })
  statuses.start()
  watch.start()
  return { stop: (graceMs) => within(Promise.all([watch.stop(), statuses.stop()]), graceMs) }
}

function startFoundEnds(
  client: KubernetesClient,
  withLabels: WithLabels = (event) => event,
  { spool, clock, wait, log, metrics }: KubernetesSideDependencies,
): Part {
  const observer = createFoundEndsObserver(log, metrics)
  const ends = startable(new FoundEnds({ ...{ client, spool, clock, wait, withLabels }, observer }))
  ends.start()
  return ends
}

function failureNotes({ spool, clock }: KubernetesSideDependencies): AppDependencies['noted'] {
  return (event) => noteFailure(spool.memory.failing, event, clock.now())
}

function watchedKinds(
  kinds: readonly string[],
  { spool, clock, metrics }: KubernetesSideDependencies,
): AppDependencies['watched'] {
  return {
    admission: createPostAdmission({ spool, kinds, clock }),
    onKnown: () => metrics.known(1),
  }
}

function startConfiguration(
  client: KubernetesClient,
  { secrets }: KubernetesOptions,
  deps: KubernetesSideDependencies,
): Part & { readonly labels: ObjectLabels } {
  const { clock, wait, waitForRelay, log, metrics, http, relay, configMemory: memory } = deps
  const { random } = clock
  const observer = createConfigurationObserver(log, metrics)
  const watch = startConfigWatch({
    ...{ client, random, wait, observer },
    lookAgainMs: LOOK_AGAIN_MS,
  })
  const labels = followLabels({
    ...{ config: watch, client, clock, random, wait },
    observer: createLabelsObserver(log, metrics),
  })
  const writeBack = createWriteBack({ client, watch, clock, wait, observer })
  const upload = startConfigUpload({
    ...{ watch, http, relay, memory, clock, wait, waitForRelay, observer },
    followsReadiness: true,
    onResults: (results) => writeBack.show(results),
  })
  const sync = secrets && startSecrets(client, watch, secrets, upload.putAgain, deps)
  return {
    labels,
    async stop(graceMs) {
      for (const part of [upload, writeBack, labels, watch]) part.stop()
      const isDone = sync ? await sync.stop(graceMs) : true
      secrets?.close()
      return isDone
    },
  }
}

function startSecrets(
  client: KubernetesClient,
  watch: ConfigWatch,
  { copies, target, graceMs }: SecretsOptions,
  onWritten: () => void,
  { clock, wait, log, metrics, syncMemory }: KubernetesSideDependencies,
): Part {
  const sync = createSecretSync({
    ...{ client, copies, clock, graceMs, wait, onWritten },
    memory: syncMemory(target),
    providers: () => (watch.isComplete() ? watch.providers() : undefined),
    onProvidersChanged: watch.onChanged,
    random: clock.random,
    observer: createSecretsObserver(log, metrics),
  })
  sync.start()
  return sync
}
