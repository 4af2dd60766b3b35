import { z } from 'zod'
import { fieldErrors, fieldErrorText } from '../../../relay/model/errors.ts'
import { type InvolvedObject, MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { cutText, NameText } from '../../../relay/model/text.ts'
import { parseTimeMs } from '../../../relay/model/time.ts'
import type { ApiObject } from '../kubernetes/collection.ts'

/** The longest text of a field that has no limit in Kubernetes, in UTF-16 units. */
const MAX_FIELD_LENGTH = 1_024

const Field = z
  .string()
  .catch('')
  .transform((text) => cutText(text, MAX_FIELD_LENGTH))

const Time = z.string().transform(parseTimeMs).catch(undefined)

const Count = z.int().catch(0)

/**
 * An Event as the core API shows it, including those of `events.k8s.io`. Only fields that every
 * relay needs have to be valid.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
const KubernetesEvent = z.object({
  metadata: z.object({
    namespace: z.string().catch(''),
    annotations: z.record(z.string(), z.string()).catch({}),
    creationTimestamp: Time,
  }),
  involvedObject: z.object({
    kind: NameText(),
    namespace: z.string().catch(''),
    name: NameText(),
    uid: Field,
    apiVersion: Field,
    resourceVersion: Field,
    fieldPath: Field,
  }),
  type: Field,
  reason: Field,
  message: z.string().catch(''),
  source: z.object({ component: Field, host: Field }).catch({ component: '', host: '' }),
  reportingComponent: Field,
  reportingInstance: Field,
  count: Count,
  firstTimestamp: Time,
  lastTimestamp: Time,
  eventTime: Time,
  series: z.object({ count: Count, lastObservedTime: Time }).nullish().catch(undefined),
})
type KubernetesEvent = z.infer<typeof KubernetesEvent>

/** What a Kubernetes Event says, as a Flux event. */
export interface ReadEvent {
  /** How often it occurred. */
  readonly count: number
  /** When it last occurred, in milliseconds since the epoch. */
  readonly at: number
  readonly event: JsonObject & { readonly involvedObject: InvolvedObject }
  /** The component that reported it. */
  readonly reporter: string
  /**
   * Whether its annotations are not those of this occurrence. client-go leaves them out when it
   * joins many Events in one, and keeps those of the first when an Event repeats. The recorder of
   * `events.k8s.io` writes none. https://github.com/kubernetes/client-go/tree/master/tools
   */
  readonly isForgetful: boolean
}

/** Reads a Kubernetes Event. One without any time gets the time `now`. */
export function readKubernetesEvent(
  object: ApiObject,
  now: number,
): ReadEvent | { readonly problem: string } {
  const { data, error } = KubernetesEvent.safeParse(object)
  if (error) return { problem: fieldErrors(error.issues).map(fieldErrorText).join('; ') }
  const at = lastTime(data) ?? now
  const reporter = data.reportingComponent || data.source.component
  const count = Math.max(1, data.count, data.series?.count ?? 0)
  const hasRevision = Object.keys(data.metadata.annotations).some((key) => key.endsWith(REVISION))
  const isOfNewRecorder = data.eventTime !== undefined && data.count === 0
  return {
    count,
    at,
    reporter,
    isForgetful:
      count > 1 || data.message.startsWith(COMBINED) || (isOfNewRecorder && !hasRevision),
    event: {
      involvedObject: {
        ...data.involvedObject,
        // An object of the cluster itself has none; its Events are in some namespace all the same.
        namespace: data.involvedObject.namespace || data.metadata.namespace || 'default',
      },
      severity: data.type === 'Warning' ? 'error' : 'info',
      timestamp: new Date(at).toISOString(),
      message: messageOf(data.message),
      reason: data.reason,
      metadata: data.metadata.annotations,
      reportingController: reporter,
      reportingInstance: data.reportingInstance || data.source.host,
    },
  }
}

/**
 * The latest time in the Event, in milliseconds. Which times a reporter writes depends on its age.
 */
function lastTime({ metadata, ...event }: KubernetesEvent): number | undefined {
  const { series, lastTimestamp, eventTime, firstTimestamp } = event
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp]
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.max(...known) : metadata.creationTimestamp
}

/** The end of the key of the annotation that names a revision. */
const REVISION = '/revision'

/** The text that client-go puts before the last of many different messages. */
const COMBINED = '(combined from similar events): '

/** The message as the controller wrote it, cut to the length that the relay keeps. */
function messageOf(message: string): string {
  const said = message.startsWith(COMBINED) ? message.slice(COMBINED.length) : message
  return cutText(said, MAX_MESSAGE_LENGTH)
}
