import type { Alert } from '../model/alert.ts'
import type { DeliveryRecord, Pending, ProviderTest } from '../model/delivery.ts'
import { EVENT_GROUP, type Event } from '../model/event.ts'
import { hashParts } from '../model/hash.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { Provider } from '../model/provider.ts'
import { TEST_ALERT_NAME } from '../model/test-alert.ts'
import type { ProviderFamily } from '../providers/contract.ts'
import { mergeMetadata } from './merge-metadata.ts'
import { newDelivery } from './record.ts'
import type { CompiledProvider } from './routing-table.ts'

/** What a person may choose of a test. */
export interface SampleWishes {
  readonly severity: 'info' | 'error'
  /** Replaces the usual message. */
  readonly message?: string | undefined
  /** The hash of a commit, for types that are about one. */
  readonly commit?: string | undefined
  /** The number of a change request, for types that are about one. */
  readonly changeRequest?: number | undefined
}

/** The reason of a sample, by which a receiver can tell it. */
const REASON = 'ProviderTest'

/**
 * The record of a test before its try. Its event is about the Provider itself, so whatever a service files by
 * the object of an event (an incident, a commit status, a comment) belongs to no object of the cluster. `id`
 * is unique: a test is no repeat of another one.
 */
export function newProviderTest(
  { cluster, provider, id, now }: Tested,
  wishes: SampleWishes,
  test: ProviderTest,
): DeliveryRecord<Pending> {
  const event = sampleEvent(provider, wishes, now)
  const eventId = hashParts('test', cluster, id)
  const queued = { id: eventId, cluster, group: '', event, objectLabels: undefined }
  const accepted = { ...queued, acceptedAt: now, orderTime: now, sequence: '0' }
  const { metadata, spec } = provider
  return {
    ...newDelivery(accepted, sampleAlert(provider), now),
    provider: { ...metadata, type: spec.type },
    test,
  }
}

/** Which Provider is tested, and when. */
export interface Tested {
  readonly cluster: string
  readonly provider: Provider
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The Alert that the sample of a Provider seems to come by. It adds nothing to the event. */
export function sampleAlert({ apiVersion, metadata }: Provider): Alert {
  const { namespace, name, uid } = metadata
  return {
    apiVersion,
    kind: 'Alert',
    metadata: { namespace, name: TEST_ALERT_NAME, uid },
    spec: {
      providerRef: { name },
      eventSeverity: 'info',
      eventSources: [],
      inclusionList: [],
      exclusionList: [],
      eventMetadata: {},
      summary: '',
      suspend: false,
    },
    annotations: {},
    manifest: {},
  }
}

/**
 * What a sample lacks that the type of its Provider needs, or why the type takes no sample at all; undefined
 * when the type takes it.
 */
export function sampleProblem(
  { provider, type }: CompiledProvider,
  { event }: Pick<DeliveryRecord<Pending>, 'event'>,
): string | undefined {
  const { metadata } = mergeMetadata(event, sampleAlert(provider))
  const refused = type?.skips?.(event) ?? type?.skipsMerged?.({ ...event, metadata })
  if (type === undefined || refused === undefined) return undefined
  const needed = NEEDED[type.family]
  return needed === undefined
    ? refused
    : `a test of the type ${type.type} needs ${needed}: ${refused}`
}

const NEEDED: Readonly<Partial<Record<ProviderFamily, string>>> = {
  'commit-status': 'a commit (--commit), which gets a status of its own',
  deployment: 'a commit (--commit), which gets a deployment to an environment of its own',
  'change-request':
    'the number of a change request (--change-request), which gets a comment of its own',
}

function sampleEvent(provider: Provider, wishes: SampleWishes, now: number): Event {
  const { apiVersion, metadata } = provider
  const { severity, commit, changeRequest } = wishes
  const usual = `This is a test of the Provider ${namespacedName(metadata)}, sent by flux-relay because somebody asked for it. Nothing has happened.`
  return {
    involvedObject: {
      kind: 'Provider',
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      apiVersion,
      resourceVersion: '',
      fieldPath: '',
    },
    severity,
    timestamp: new Date(now).toISOString(),
    message: wishes.message ?? usual,
    reason: REASON,
    metadata: {
      [`${EVENT_GROUP}/test`]: 'true',
      ...(commit !== undefined && { [`${EVENT_GROUP}/commit`]: commit }),
      ...(changeRequest !== undefined && {
        [`${EVENT_GROUP}/change_request`]: String(changeRequest),
      }),
    },
    reportingController: 'flux-relay',
    reportingInstance: '',
  }
}
