import { z } from 'zod'
import { characters, jsonBody, jsonPost, type Service } from './service.ts'

/**
 * https://grafana.com/docs/grafana/latest/developers/http_api/annotations/#create-annotation, and for
 * the length of all tags https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 * `time` is in milliseconds since the epoch.
 */
const Annotation = z.strictObject({
  text: z.string().min(1),
  tags: z
    .array(z.string())
    .refine((tags) => Buffer.byteLength(JSON.stringify(tags)) <= 500, 'longer than 500 bytes'),
  time: z.int().min(1_000_000_000_000),
})

/** https://docs.datadoghq.com/api/latest/events/post-an-event/ (v1) */
const DatadogEvent = z.strictObject({
  title: z.string().min(1),
  text: characters(4_000),
  alert_type: z.enum([
    'error',
    'warning',
    'info',
    'success',
    'user_update',
    'recommendation',
    'snapshot',
  ]),
  date_happened: z.int(),
  source_type_name: z.string(),
  tags: z.array(z.string()),
})

/** https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event */
const Dispatch = z.strictObject({
  event_type: characters(100, 1),
  client_payload: z
    .record(z.string(), z.unknown())
    .refine((payload) => Object.keys(payload).length <= 10, 'more than 10 properties')
    .refine(
      (payload) => Buffer.byteLength(JSON.stringify(payload)) < 65_536,
      'not less than 64 KB',
    ),
})

const GRAFANA = 'https://grafana.example.com/api/annotations'
const DATADOG = 'https://api.datadoghq.com/api/v1/events'

/** The services that only record what happens. */
export const streamServices: readonly Service[] = [
  {
    name: 'grafana',
    type: 'grafana',
    spec: { address: GRAFANA },
    secret: { token: 't' },
    requests: () => [
      jsonPost(GRAFANA, { authorization: 'Bearer t' }, jsonBody(Annotation), {
        status: 200,
        body: '{"message":"Annotation added","id":1}',
      }),
    ],
  },
  {
    name: 'datadog',
    type: 'datadog',
    spec: {},
    secret: { token: 't' },
    requests: () => [
      jsonPost(DATADOG, { 'dd-api-key': 't' }, jsonBody(DatadogEvent), {
        status: 202,
        body: '{"status":"ok"}',
      }),
    ],
  },
  {
    name: 'githubdispatch',
    type: 'githubdispatch',
    spec: { address: 'https://github.com/fleet/infra' },
    secret: { token: 't' },
    requests: () => [
      jsonPost(
        'https://api.github.com/repos/fleet/infra/dispatches',
        { authorization: 'Bearer t', 'x-github-api-version': '2022-11-28' },
        jsonBody(Dispatch),
        { status: 204, body: '' },
      ),
    ],
  },
]
