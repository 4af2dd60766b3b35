import type { Operation, QueryParameter } from './operation.ts'
import { ClusterList } from './schemas/clusters.ts'
import { AppliedConfig, ConfigSet, FleetSet, StoredConfig, StoredFleet } from './schemas/config.ts'
import { DeliveriesPage, Delivery, DeliveryEvents, DismissalRequest } from './schemas/deliveries.ts'
import { EventsPage } from './schemas/event-list.ts'
import { EventsBody, PostedEventDocument, ReceivedEvents } from './schemas/events.ts'
import { EventToExplain, ExplainedEvent, Explanation } from './schemas/explain.ts'
import { ObjectList } from './schemas/objects.ts'
import { Overview } from './schemas/overview.ts'
import { TestToSend } from './schemas/provider-test.ts'
import { PutBack, QuarantinePage } from './schemas/quarantine.ts'
import { SecretData, StoredFleetSecret, StoredSecret } from './schemas/secrets.ts'
import { Silence, SilenceList, SilenceToMake } from './schemas/silences.ts'

/** The problem codes that every request with a body can get. */
const OF_BODY = [
  'unreadable-body',
  'not-valid',
  'too-large',
  'unknown-encoding',
  'overloaded',
] as const

/** The filters of deliveries. */
const DELIVERY_FILTERS: readonly QueryParameter[] = [
  { name: 'cluster', description: 'The name of a cluster.' },
  { name: 'alert', description: '`namespace/name`' },
  { name: 'provider', description: '`namespace/name`' },
  { name: 'object', description: '`Kind/namespace/name`' },
  {
    name: 'outcome',
    description:
      '`delivered`, `observed`, `suppressed`, `skipped`, `dead`, `retry`, `held`, `dismissed`, or `failed` for tests; or several with commas between them',
  },
  { name: 'id', description: 'The beginning of the id of a delivery.' },
  { name: 'event', description: 'The id of an event, or its beginning.' },
  { name: 'reason', description: 'The reason of the event, such as `HealthCheckFailed`.' },
  { name: 'severity', description: 'The severity of the event: `info` or `error`.' },
  { name: 'text', description: 'A part of the event’s message, or of why it went as it did.' },
  {
    name: 'since',
    description: 'An RFC 3339 time, a date in UTC, or an age such as `1h` or `2d`.',
  },
  {
    name: 'until',
    description: 'An RFC 3339 time, a date in UTC, or an age such as `1h` or `2d`.',
  },
]

/** Every operation of the API, by its name in clients that are generated from `openapi.json`. */
export const OPERATIONS = {
  postEvents: {
    method: 'POST',
    path: '/v1/clusters/{cluster}/events',
    access: 'signing-cluster',
    summary: 'Queues the events of a cluster; what is queued is never lost.',
    body: EventsBody,
    success: { status: 202, body: ReceivedEvents },
    problems: [...OF_BODY, 'none-good', 'bad-parameter', 'unknown-cluster'],
  },
  postEvent: {
    method: 'POST',
    path: '/',
    access: 'any-cluster',
    summary: 'Queues one event, as Flux’s controllers post it to `--events-addr`.',
    body: PostedEventDocument,
    success: { status: 202 },
    problems: [...OF_BODY, 'none-good'],
  },
  putConfig: {
    method: 'PUT',
    path: '/v1/clusters/{cluster}/config',
    access: 'cluster',
    summary: 'Replaces the Alerts, Providers and Silences of a cluster in one step.',
    body: ConfigSet,
    success: { status: 200, body: AppliedConfig },
    problems: [...OF_BODY, 'bad-parameter', 'stale-config', 'config-owned'],
  },
  showConfig: {
    method: 'GET',
    path: '/v1/clusters/{cluster}/config',
    access: 'cluster-or-viewer',
    summary: 'Shows the Alerts, Providers and Silences of a cluster, and what became of each.',
    success: { status: 200, body: StoredConfig },
    problems: ['bad-parameter', 'no-config'],
  },
  putSecret: {
    method: 'PUT',
    path: '/v1/clusters/{cluster}/secrets/{namespace}/{name}',
    access: 'cluster',
    summary: 'Stores a Secret that Providers of a cluster name.',
    body: SecretData,
    success: { status: 200, body: StoredSecret },
    problems: [...OF_BODY, 'bad-parameter', 'config-owned'],
  },
  putFleetConfig: {
    method: 'PUT',
    path: '/v1/fleet/config',
    access: 'operator',
    summary:
      'Replaces the Providers of the fleet, which Alerts of the clusters that each allows may use.',
    body: FleetSet,
    success: { status: 200, body: AppliedConfig },
    problems: [...OF_BODY, 'stale-config'],
  },
  showFleetConfig: {
    method: 'GET',
    path: '/v1/fleet/config',
    access: 'viewer',
    summary: 'Shows the Providers of the fleet, and what became of each.',
    success: { status: 200, body: StoredFleet },
    problems: ['no-config'],
  },
  putFleetSecret: {
    method: 'PUT',
    path: '/v1/fleet/secrets/{name}',
    access: 'operator',
    summary: 'Stores a Secret that Providers of the fleet name.',
    body: SecretData,
    success: { status: 200, body: StoredFleetSecret },
    problems: [...OF_BODY, 'bad-parameter'],
  },
  listClusters: {
    method: 'GET',
    path: '/v1/clusters',
    access: 'viewer',
    summary: 'Lists clusters, and when each was last heard of.',
    success: { status: 200, body: ClusterList },
    problems: [],
  },
  listObjects: {
    method: 'GET',
    path: '/v1/clusters/{cluster}/objects',
    access: 'viewer',
    summary:
      'Lists the Alerts, Providers and Silences of a cluster, and how they did in the last 24 hours.',
    query: [{ name: 'kind', description: '`Alert`, `Provider` or `Silence`; all without it.' }],
    success: { status: 200, body: ObjectList },
    problems: ['bad-parameter', 'no-config'],
  },
  showOverview: {
    method: 'GET',
    path: '/v1/overview',
    access: 'viewer',
    summary: 'Shows outcomes of the last 24 hours, clusters, what fails now and what is dead.',
    success: { status: 200, body: Overview },
    problems: [],
  },
  listDeliveries: {
    method: 'GET',
    path: '/v1/deliveries',
    access: 'viewer',
    summary: 'Lists deliveries, the latest first.',
    query: [
      ...DELIVERY_FILTERS,
      { name: 'limit', description: 'From 1 to 200; 50 by default.' },
      { name: 'cursor', description: 'The `nextCursor` of the page before.' },
    ],
    success: { status: 200, body: DeliveriesPage },
    problems: ['bad-parameter'],
  },
  streamDeliveries: {
    method: 'GET',
    path: '/v1/deliveries/stream',
    access: 'viewer',
    summary: 'Tells of each delivery that comes or changes, as Server-Sent Events.',
    query: DELIVERY_FILTERS,
    success: { status: 200, body: DeliveryEvents, contentType: 'text/event-stream' },
    problems: ['bad-parameter', 'overloaded'],
  },
  showDelivery: {
    method: 'GET',
    path: '/v1/deliveries/{id}',
    access: 'viewer',
    summary: 'Shows one delivery.',
    success: { status: 200, body: Delivery },
    problems: ['unknown-delivery'],
  },
  replayDelivery: {
    method: 'POST',
    path: '/v1/deliveries/{id}/replay',
    access: 'operator',
    summary: 'Sends a delivery once more.',
    success: { status: 202, body: Delivery },
    problems: ['unknown-delivery', 'not-replayable'],
  },
  dismissDelivery: {
    method: 'POST',
    path: '/v1/deliveries/{id}/dismiss',
    access: 'operator',
    summary: 'Puts a dead delivery away: it leaves the dead ones, and stays in the ledger.',
    body: DismissalRequest,
    isBodyOptional: true,
    success: { status: 200, body: Delivery },
    problems: [...OF_BODY, 'unknown-delivery', 'not-dismissible'],
  },
  listEvents: {
    method: 'GET',
    path: '/v1/events',
    access: 'viewer',
    summary: 'Lists events, the latest first, and what became of each.',
    query: [
      { name: 'cluster', description: 'The name of a cluster.' },
      {
        name: 'alert',
        description: '`namespace/name`: each event has what became of it for this Alert.',
      },
      {
        name: 'provider',
        description:
          '`namespace/name`, without an Alert: an event that is a repeat for all has what became of it for an Alert that leads there.',
      },
      { name: 'object', description: '`Kind/namespace/name`' },
      { name: 'event', description: 'The id of an event, or its beginning.' },
      { name: 'reason', description: 'The reason of the event, such as `HealthCheckFailed`.' },
      { name: 'severity', description: 'The severity of the event: `info` or `error`.' },
      { name: 'text', description: 'A part of the event’s message.' },
      { name: 'since', description: 'An RFC 3339 time, a date, or an age such as `1h`.' },
      { name: 'until', description: 'An RFC 3339 time, a date, or an age such as `1h`.' },
      { name: 'limit', description: 'Records to look at, from 1 to 200; 50 by default.' },
      { name: 'cursor', description: 'The `nextCursor` of the page before.' },
    ],
    success: { status: 200, body: EventsPage },
    problems: ['bad-parameter'],
  },
  showEvent: {
    method: 'GET',
    path: '/v1/events/{id}',
    access: 'viewer',
    summary: 'Shows what became of an event for every Alert, by its records and the rules of then.',
    query: [{ name: 'cluster', description: 'The name of the cluster that sent it.' }],
    success: { status: 200, body: ExplainedEvent },
    problems: ['bad-parameter', 'unknown-event'],
  },
  explainEvent: {
    method: 'POST',
    path: '/v1/explain',
    access: 'viewer',
    summary: 'Says what each Alert of a cluster would do with an event. Nothing is sent or kept.',
    body: EventToExplain,
    success: { status: 200, body: Explanation },
    problems: [...OF_BODY, 'no-config'],
  },
  testProvider: {
    method: 'POST',
    path: '/v1/providers/{namespace}/{name}/test',
    access: 'operator',
    summary: 'Sends a Provider one sample, which is marked as a test, and says what came of it.',
    body: TestToSend,
    success: { status: 200, body: Delivery },
    problems: [...OF_BODY, 'no-config', 'unknown-provider'],
  },
  listSilences: {
    method: 'GET',
    path: '/v1/clusters/{cluster}/silences',
    access: 'viewer',
    summary:
      'Lists the silences of a cluster: those in force, and of those that people made the last ended.',
    success: { status: 200, body: SilenceList },
    problems: ['bad-parameter', 'no-config'],
  },
  createSilence: {
    method: 'POST',
    path: '/v1/clusters/{cluster}/silences',
    access: 'operator',
    summary: 'Silences events of a cluster for a while.',
    body: SilenceToMake,
    success: { status: 200, body: Silence },
    problems: [...OF_BODY, 'bad-parameter', 'no-config', 'too-many-silences'],
  },
  expireSilence: {
    method: 'POST',
    path: '/v1/clusters/{cluster}/silences/{id}/expire',
    access: 'operator',
    summary: 'Ends a silence now. Failures that it held back and that last are told.',
    success: { status: 200, body: Silence },
    problems: ['bad-parameter', 'unknown-silence'],
  },
  listQuarantine: {
    method: 'GET',
    path: '/v1/quarantine',
    access: 'viewer',
    summary: 'Lists the messages that were set aside, the oldest first.',
    query: [{ name: 'cursor', description: 'The `nextCursor` of the page before.' }],
    success: { status: 200, body: QuarantinePage },
    problems: ['bad-parameter'],
  },
  replayQuarantine: {
    method: 'POST',
    path: '/v1/quarantine/replay',
    access: 'operator',
    summary: 'Queues all messages again that were set aside.',
    success: { status: 202, body: PutBack },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof OPERATIONS
