import { z } from 'zod'
import type { Answer } from '../relay/api/answer.ts'
import type { RequestBody } from '../relay/api/body.ts'
import { isMissing } from '../relay/api/missing.ts'
import { ClusterList } from '../relay/api/schemas/clusters.ts'
import {
  AppliedConfig,
  type ConfigSet,
  type FleetSet,
  type Readiness,
  StoredConfig,
  StoredFleet,
} from '../relay/api/schemas/config.ts'
import { DeliveriesPage, Delivery, type DismissalRequest } from '../relay/api/schemas/deliveries.ts'
import { EventsPage } from '../relay/api/schemas/event-list.ts'
import { ReceivedEvents, Rejections } from '../relay/api/schemas/events.ts'
import { type EventToExplain, ExplainedEvent, Explanation } from '../relay/api/schemas/explain.ts'
import { ProblemDocument } from '../relay/api/schemas/problem.ts'
import type { TestToSend } from '../relay/api/schemas/provider-test.ts'
import { Silence, SilenceList, type SilenceToMake } from '../relay/api/schemas/silences.ts'
import { FLEET } from '../relay/model/fleet.ts'
import { jsonValue } from '../relay/model/json-value.ts'
import { read, refusalText } from './answers.ts'
import {
  type ChangeRequests,
  type DeliveryChanges,
  followDeliveries,
  type StreamRequests,
} from './delivery-changes.ts'
import type { ExplainRules, RelayRequests } from './requests.ts'
import { UsageError } from './usage-error.ts'

/** The most entries that a relay lists on one page. */
export const PAGE_SIZE = 200

/**
 * The operations of a relay that the commands use. Every call rejects with `UsageError` when the
 * relay refuses it.
 */
export interface RelayClient extends Pick<RelayRequests, 'ownRules'> {
  applyConfig(cluster: string, set: ConfigSet): Promise<readonly Readiness[]>
  /** The cluster's configuration; undefined when it has none yet. */
  config(cluster: string): Promise<StoredConfig | undefined>
  /** Makes these Providers the whole set of the fleet. */
  applyFleet(set: FleetSet): Promise<readonly Readiness[]>
  /** The set of the fleet in the form of a cluster's; undefined when it has none yet. */
  fleet(): Promise<StoredConfig | undefined>
  putFleetSecret(name: string, data: Readonly<Record<string, string>>): Promise<void>
  sendEvents(cluster: string, body: RequestBody): Promise<ReceivedEvents>
  putSecret(
    cluster: string,
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
  ): Promise<void>
  /**
   * Events that fit the parameters of `GET /v1/events`, page by page, latest first. The rules are for the verdicts
   * of an Alert among them.
   */
  eventPages(
    parameters: Readonly<Record<string, string>>,
    rules?: ExplainRules,
  ): AsyncIterable<EventsPage>
  /** What became of an event for every Alert; `id` may be the beginning of one. Undefined without a record. */
  event(
    id: string,
    parameters: URLSearchParams,
    rules: ExplainRules,
  ): Promise<ExplainedEvent | undefined>
  /** What each Alert of a cluster does with an event. */
  explainEvent(event: EventToExplain, rules: ExplainRules): Promise<Explanation>
  /** Has the relay send a Provider one sample; resolves with what came of it, or is still to come. */
  testProvider(namespace: string, name: string, test: TestToSend): Promise<Delivery>
  /** The clusters of the relay, by name, and what unknown ones sent in vain. */
  clusters(): Promise<ClusterList>
  /** Every delivery that fits the parameters of `GET /v1/deliveries`, latest first. */
  deliveries(parameters: Readonly<Record<string, string>>): AsyncIterable<Delivery>
  /**
   * Lists the same deliveries page by page. A page may be short, or even empty, and still be
   * followed by another one.
   */
  deliveryPages(parameters: Readonly<Record<string, string>>): AsyncIterable<DeliveriesPage>
  /**
   * The deliveries that fit, as they change from now on. Undefined where the relay does not tell of them. See
   * `followDeliveries`.
   */
  deliveryChanges(
    parameters: Readonly<Record<string, string>>,
  ): Promise<DeliveryChanges | undefined>
  /** One delivery; undefined when there is none with this id. */
  delivery(id: string): Promise<Delivery | undefined>
  /**
   * Replays a delivery. Undefined when the replay is queued, otherwise the reason why it is not.
   */
  replay(id: string): Promise<string | undefined>
  /**
   * Dismisses a dead delivery. Undefined when that is done, otherwise the reason why it is not.
   */
  dismiss(id: string, request: DismissalRequest): Promise<string | undefined>
  /** The silences of a cluster, the newest first: those in force, and those that ended last. */
  silences(cluster: string): Promise<readonly Silence[]>
  /** Makes a silence, which begins at once. */
  createSilence(cluster: string, wanted: SilenceToMake): Promise<Silence>
  /** Ends a silence now. */
  expireSilence(cluster: string, id: string): Promise<Silence>
}

/** Makes the operations on a relay's HTTP interface. */
export function createRelayClient(
  requests: RelayRequests & Partial<StreamRequests & ChangeRequests>,
): RelayClient {
  const { openDeliveries } = requests
  return {
    ...(requests.ownRules && { ownRules: requests.ownRules }),
    async applyConfig(cluster, set) {
      const answer = await requests.putConfig(cluster, jsonBody(set))
      return read(AppliedConfig, answer).objects
    },
    async config(cluster) {
      const answer = await requests.showConfig(cluster)
      return isMissing(answer) ? undefined : read(StoredConfig, answer)
    },
    async applyFleet(set) {
      return read(AppliedConfig, await requests.putFleetConfig(jsonBody(set))).objects
    },
    async fleet() {
      const answer = await requests.showFleetConfig()
      return isMissing(answer) ? undefined : asConfig(read(StoredFleet, answer))
    },
    async putFleetSecret(name, data) {
      read(z.unknown(), await requests.putFleetSecret(name, jsonBody(data)))
    },
    async sendEvents(cluster, body) {
      const answer = await requests.postEvents(cluster, body)
      return allRejected(answer) ?? read(ReceivedEvents, answer)
    },
    async putSecret(cluster, namespace, name, data) {
      read(z.unknown(), await requests.putSecret(cluster, namespace, name, jsonBody(data)))
    },
    eventPages: (parameters, rules = { noCrossNamespaceRefs: false }) =>
      eventPages(requests, parameters, rules),
    async event(id, parameters, rules) {
      if (!isSegment(id)) return undefined
      const answer = await requests.showEvent(id, parameters, rules)
      return isMissing(answer) ? undefined : read(ExplainedEvent, answer)
    },
    explainEvent: (event, rules) => explainEvent(requests, event, rules),
    async testProvider(namespace, name, test) {
      return read(Delivery, await requests.testProvider(namespace, name, jsonBody(test)))
    },
    async clusters() {
      return read(ClusterList, await requests.listClusters())
    },
    deliveries: (parameters) => listDeliveries(requests, parameters),
    deliveryPages: (parameters) => listPages(requests, parameters),
    async deliveryChanges(parameters) {
      const asked = requests.deliveryChanges?.(new URLSearchParams(parameters))
      return asked ?? (openDeliveries && followDeliveries({ openDeliveries }, parameters))
    },
    async delivery(id) {
      if (!isSegment(id)) return undefined
      const answer = await requests.showDelivery(id)
      return isMissing(answer) ? undefined : read(Delivery, answer)
    },
    replay: async (id) => refusalOf(await requests.replayDelivery(id)),
    dismiss: async (id, request) =>
      refusalOf(await requests.dismissDelivery(id, jsonBody(request))),
    async silences(cluster) {
      return read(SilenceList, await requests.listSilences(cluster)).silences
    },
    async createSilence(cluster, wanted) {
      return read(Silence, await requests.createSilence(cluster, jsonBody(wanted)))
    },
    async expireSilence(cluster, id) {
      if (!isSegment(id)) {
        throw new UsageError(`the cluster ${cluster} has no silence of this id, '${id}'`, 1)
      }
      return read(Silence, await requests.expireSilence(cluster, id))
    },
  }
}

/** The Providers get the place that the readiness of each is told with. */
function asConfig({ providers, ...fleet }: StoredFleet): StoredConfig {
  const placed = providers.map((provider) => ({
    ...provider,
    metadata: { ...Object(provider.metadata), namespace: FLEET },
  }))
  return { ...fleet, alerts: [], providers: placed }
}

/** Whether a path can name it: an empty segment, `.` and `..` name another path. */
function isSegment(id: string): boolean {
  return !/^\.{0,2}$/.test(id)
}

/** Why a delivery was not changed; undefined when it was. Throws `UsageError` for any other refusal. */
function refusalOf(answer: Answer): string | undefined {
  if (isMissing(answer) || answer.status === 409) return refusalText(answer)
  read(z.unknown(), answer)
  return undefined
}

/** The same of a relay of which nothing else is asked. */
export async function explainEvent(
  requests: Pick<RelayRequests, 'explainEvent'>,
  event: EventToExplain,
  rules: ExplainRules,
): Promise<Explanation> {
  return read(Explanation, await requests.explainEvent(jsonBody(event), rules))
}

async function* eventPages(
  requests: RelayRequests,
  parameters: Readonly<Record<string, string>>,
  rules: ExplainRules,
): AsyncIterable<EventsPage> {
  const asked = new URLSearchParams({ limit: String(PAGE_SIZE), ...parameters })
  for (;;) {
    const page = read(EventsPage, await requests.listEvents(asked, rules))
    yield page
    if (page.nextCursor === undefined) return
    asked.set('cursor', page.nextCursor)
  }
}

async function* listDeliveries(
  requests: RelayRequests,
  parameters: Readonly<Record<string, string>>,
): AsyncIterable<Delivery> {
  for await (const { deliveries } of listPages(requests, parameters)) yield* deliveries
}

async function* listPages(
  requests: RelayRequests,
  parameters: Readonly<Record<string, string>>,
): AsyncIterable<DeliveriesPage> {
  const asked = new URLSearchParams({ limit: String(PAGE_SIZE), ...parameters })
  for (;;) {
    const page = read(DeliveriesPage, await requests.listDeliveries(asked))
    yield page
    if (page.nextCursor === undefined) return
    asked.set('cursor', page.nextCursor)
  }
}

/**
 * The rejections of a batch without any valid event: a 400 that names each. Undefined for any other
 * 400.
 */
function allRejected(answer: Answer): ReceivedEvents | undefined {
  const problem =
    answer.status === 400 ? ProblemDocument.safeParse(jsonValue(answer.body)) : undefined
  const rejected = Rejections.safeParse(problem?.data?.errors)
  return rejected.success ? { accepted: 0, rejected: rejected.data } : undefined
}

function jsonBody(value: unknown): RequestBody {
  return { body: Buffer.from(JSON.stringify(value)), contentType: 'application/json' }
}
