import { parseEnvelope } from '@sentry/core'
import { z } from 'zod'
import { post, type Service } from './service.ts'

const EventId = z.string().regex(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
const TraceId = z.string().regex(/^[0-9a-f]{32}$/)
const SpanId = z.string().regex(/^[0-9a-f]{16}$/)
const Timestamp = z.iso.datetime()

/** https://develop.sentry.dev/sdk/foundations/transport/event-payloads/ */
const commonShape = {
  event_id: EventId,
  timestamp: Timestamp,
  platform: z.literal('other'),
  transaction: z.string(),
  message: z.string(),
  // What is longer than 200 characters is trimmed by Sentry.
  tags: z.record(z.string(), z.string()),
  environment: z.string().regex(/^[^\r\n\f/]{1,64}$/),
}

const ErrorEvent = z.strictObject({
  ...commonShape,
  level: z.enum(['fatal', 'error', 'warning', 'info', 'debug']),
  server_name: z.string(),
  contexts: z.record(z.string(), z.record(z.string(), z.unknown())),
})

const spanShape = { trace_id: TraceId, span_id: SpanId, op: z.string() }

/** https://develop.sentry.dev/sdk/foundations/transport/event-payloads/transaction/ */
const Transaction = z
  .strictObject({
    ...commonShape,
    type: z.literal('transaction'),
    level: z.literal('info'),
    start_timestamp: Timestamp,
    contexts: z.strictObject({ trace: z.strictObject(spanShape) }),
    spans: z.array(
      z.strictObject({
        ...spanShape,
        parent_span_id: SpanId,
        start_timestamp: Timestamp,
        timestamp: Timestamp,
      }),
    ),
  })
  .refine(({ contexts: { trace }, spans }) =>
    spans.every(
      (span) => span.trace_id === trace.trace_id && span.parent_span_id === trace.span_id,
    ),
  )

const DSN = 'https://0f1e2d3c4b5a@o42.ingest.sentry.io/4501'

const EnvelopeHeader = z.strictObject({
  event_id: EventId,
  sent_at: Timestamp,
  dsn: z.literal(DSN),
  sdk: z.strictObject({ name: z.string(), version: z.string() }),
})

/** "1MB decompressed": https://docs.sentry.io/concepts/data-management/size-limits/ */
const MAX_ITEM_BYTES = 1_000_000

const ItemHeader = (type: string) =>
  z.strictObject({ type: z.literal(type), length: z.int().max(MAX_ITEM_BYTES) })

/** An envelope of one event or transaction, taken apart by Sentry's own code. */
function envelope(type: 'event' | 'transaction') {
  const payload = type === 'event' ? ErrorEvent : Transaction
  const Item = z.tuple([ItemHeader(type), z.unknown().transform(payloadJson).pipe(payload)])
  return z
    .string()
    .transform((text): unknown => parseEnvelope(text))
    .pipe(z.tuple([EnvelopeHeader, z.tuple([Item])]))
    .refine(([header, [[, { event_id }]]]) => header.event_id === event_id, 'two event ids')
}

/** Of an item with a length the decoder gives the bytes. */
function payloadJson(payload: unknown): unknown {
  return payload instanceof Uint8Array
    ? (JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as unknown)
    : payload
}

/** Sentry, by the DSN of a project. */
export const sentryServices: readonly Service[] = [
  {
    name: 'sentry',
    type: 'sentry',
    spec: { channel: 'production' },
    secret: { address: DSN },
    requests: (severity) => [
      post(
        'https://o42.ingest.sentry.io/api/4501/envelope/',
        {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth':
            'Sentry sentry_version=7, sentry_client=flux-relay/1.0.0, sentry_key=0f1e2d3c4b5a',
        },
        envelope(severity === 'error' ? 'event' : 'transaction'),
        { status: 200, body: '{"id":"1"}' },
      ),
    ],
  },
]
