import { z } from 'zod'
import { characters, jsonBody, jsonPost, type Service } from './service.ts'

const Texts = z.record(z.string(), z.string())
const Timestamp = z.iso.datetime({ offset: true })

/** https://developer.pagerduty.com/docs/events-api-v2/send-change-events/ */
const changeShape = {
  summary: characters(1_024, 1),
  source: z.string().min(1),
  timestamp: Timestamp,
  custom_details: z.record(z.string(), z.unknown()),
}

const alertShape = { routing_key: z.string().length(32), dedup_key: characters(255, 1) }

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const Links = z.array(z.strictObject({ href: z.url(), text: z.string() })).min(1)

const Trigger = z.strictObject({
  ...alertShape,
  event_action: z.literal('trigger'),
  payload: z.strictObject({
    ...changeShape,
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    component: z.string(),
    group: z.string(),
  }),
  links: Links.optional(),
})
const Resolve = z.strictObject({ ...alertShape, event_action: z.literal('resolve') })

const Change = z.strictObject({
  routing_key: z.string().length(32),
  payload: z.strictObject(changeShape),
  // Documented as an optional array; Flux sends null for none.
  links: Links.nullable(),
})

/** "512 KB": https://developer.pagerduty.com/docs/events-api-v2/overview/ */
const MAX_PAGERDUTY_BYTES = 512_000

/** https://docs.opsgenie.com/docs/alert-api#create-alert */
const OpsgenieAlert = z.strictObject({
  message: characters(130, 1),
  alias: characters(512, 1),
  description: characters(15_000),
  details: Texts.refine(
    (details) => [...Object.entries(details).flat().join('')].length <= 8_000,
    'longer than 8,000 characters',
  ),
})

/** A label's name is any text but the empty one: https://prometheus.io/docs/concepts/data_model/ */
const LabelSet = z.record(z.string().min(1), z.string())

/**
 * `postableAlerts` of https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, which
 * allows more properties; `status` is one that Flux sends.
 */
const PostableAlerts = z
  .array(
    z.strictObject({
      startsAt: Timestamp,
      endsAt: Timestamp,
      labels: LabelSet.refine(({ alertname }) => alertname !== ''),
      annotations: LabelSet,
      generatorURL: z.url().optional(),
      status: z.enum(['firing', 'resolved']),
    }),
  )
  .min(1)

/** https://docs.incident.io/api-reference/alert-events-v2/createhttp */
const IncidentIoAlert = z.strictObject({
  title: z.string().min(1),
  status: z.enum(['firing', 'resolved']),
  deduplication_key: z.string().min(1).optional(),
  description: z.string().min(1).optional(),
  source_url: z.url().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

const PAGERDUTY = 'https://events.pagerduty.com'
const OPSGENIE = 'https://api.opsgenie.com/v2/alerts'
const ALERTMANAGER = 'https://alertmanager.example.com/api/v2/alerts'
const INCIDENT_IO = 'https://api.incident.io/v2/alert_events/http/01X'
const ACCEPTED = { status: 202, body: '{"status":"success","message":"Event processed"}' }

/** The services that open and close incidents. */
export const incidentServices: readonly Service[] = [
  {
    name: 'pagerduty',
    type: 'pagerduty',
    spec: { address: PAGERDUTY, channel: 'a'.repeat(32) },
    secret: {},
    requests: (severity) => [
      jsonPost(
        `${PAGERDUTY}/v2/enqueue`,
        {},
        jsonBody(severity === 'error' ? Trigger : Resolve, MAX_PAGERDUTY_BYTES),
        ACCEPTED,
      ),
      ...(severity === 'info'
        ? [
            jsonPost(
              `${PAGERDUTY}/v2/change/enqueue`,
              {},
              jsonBody(Change, MAX_PAGERDUTY_BYTES),
              ACCEPTED,
            ),
          ]
        : []),
    ],
  },
  {
    name: 'opsgenie',
    type: 'opsgenie',
    spec: { address: OPSGENIE },
    secret: { token: 't' },
    requests: () => [
      jsonPost(OPSGENIE, { authorization: 'GenieKey t' }, jsonBody(OpsgenieAlert), {
        status: 202,
        body: '{"result":"Request will be processed","took":0.3,"requestId":"1"}',
      }),
    ],
  },
  {
    name: 'alertmanager',
    type: 'alertmanager',
    spec: { address: ALERTMANAGER },
    secret: { token: 't' },
    requests: () => [
      jsonPost(ALERTMANAGER, { authorization: 'Bearer t' }, jsonBody(PostableAlerts), {
        status: 200,
        body: '',
      }),
    ],
  },
  {
    name: 'incident.io',
    type: 'incident.io',
    spec: { address: INCIDENT_IO },
    secret: { token: 't' },
    requests: () => [
      jsonPost(INCIDENT_IO, { authorization: 'Bearer t' }, jsonBody(IncidentIoAlert), {
        status: 202,
        body: '{"deduplication_key":"1","message":"Event accepted for processing","status":"success"}',
      }),
    ],
  },
]
