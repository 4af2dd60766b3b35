import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { hashParts } from '../model/hash.ts'
import { httpProvider, type Notification } from './contract.ts'
import { isError, sortedMetadata } from './messages/names.ts'
import { sentryTags } from './messages/sentry-tags.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { addressWithKey, optionalText } from './settings.ts'

/**
 * The version of the payload's form, not of the relay: an upgrade must not change the bytes of a
 * retry.
 */
const SDK = { name: 'flux-relay', version: '1.0.0' } as const

/**
 * The largest payload, "1MB decompressed"; Sentry drops larger events, and trims long fields:
 * https://docs.sentry.io/concepts/data-management/size-limits/
 */
const MAX_PAYLOAD_BYTES = 1_000_000

/** The parts of a DSN: https://develop.sentry.dev/sdk/foundations/transport/authentication/ */
interface Dsn {
  readonly text: string
  readonly envelopeUrl: string
  readonly publicKey: string
  /** The secret key; empty in current DSNs. */
  readonly secretKey: string
}

const Settings = z
  .object({
    address: addressWithKey(),
    channel: optionalText(),
  })
  .transform(({ address, channel }, context) => {
    const dsn = parseDsn(address)
    if (dsn !== undefined) return { dsn, environment: channel }
    context.addIssue({
      code: 'custom',
      path: ['address'],
      message: 'expected a Sentry DSN such as https://<public key>@<host>/<project id>',
    })
    return z.NEVER
  })

/** Sentry: errors become events, which open issues; other events become transactions. */
export const sentry = httpProvider({
  type: 'sentry',
  family: 'incident',
  settings: Settings,
  skips({ severity }) {
    return severity === 'trace' ? 'sentry does not take events of severity trace' : undefined
  },
  fit: (notification, { environment }) =>
    cutToFit(
      notification,
      ({ event }) => jsonBytes(payloadOf(event, '', environment)) <= MAX_PAYLOAD_BYTES,
    ),
  requests(notification, { dsn, environment }) {
    return [
      {
        method: 'POST',
        url: dsn.envelopeUrl,
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth': authHeader(dsn),
        },
        body: envelope(notification, dsn, environment),
      },
    ]
  },
})

function parseDsn(text: string): Dsn | undefined {
  const url = URL.parse(text)
  if (url === null || url.username === '') return undefined
  const slash = url.pathname.lastIndexOf('/')
  const project = url.pathname.slice(slash + 1)
  if (project === '') return undefined
  return {
    text: url.href,
    envelopeUrl: `${url.origin}${url.pathname.slice(0, slash)}/api/${project}/envelope/`,
    publicKey: url.username,
    secretKey: url.password,
  }
}

function authHeader({ publicKey, secretKey }: Dsn): string {
  const fields = [
    'sentry_version=7',
    `sentry_client=${SDK.name}/${SDK.version}`,
    `sentry_key=${publicKey}`,
    ...(secretKey === '' ? [] : [`sentry_secret=${secretKey}`]),
  ]
  return `Sentry ${fields.join(', ')}`
}

/**
 * An envelope with one item: https://develop.sentry.dev/sdk/foundations/transport/envelopes/ Its
 * ids are made from the delivery's id, so that Sentry recognises a retry. With `sent_at`, the time
 * of the try, Sentry corrects times of a wrong clock.
 */
function envelope(notification: Notification, dsn: Dsn, environment: string): string {
  const { event, deliveryId, triedAt } = notification
  const type = isError(event) ? 'event' : 'transaction'
  const payload = JSON.stringify(payloadOf(event, deliveryId, environment))
  const lines = [
    JSON.stringify({
      event_id: eventIdOf(deliveryId),
      sent_at: new Date(triedAt).toISOString(),
      dsn: dsn.text,
      sdk: SDK,
    }),
    JSON.stringify({ type, length: Buffer.byteLength(payload) }),
    payload,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** The payload, which has the same length for every delivery id. */
function payloadOf(event: Event, deliveryId: string, environment: string) {
  return {
    event_id: eventIdOf(deliveryId),
    ...(isError(event) ? errorEvent(event) : transaction(event, deliveryId)),
    platform: 'other',
    ...(environment === '' ? {} : { environment }),
    tags: sentryTags(event),
  }
}

/**
 * An event of the type error: https://develop.sentry.dev/sdk/foundations/transport/event-payloads/
 */
function errorEvent(event: Event) {
  return {
    level: 'error',
    server_name: event.reportingController,
    transaction: transactionName(event),
    message: event.message,
    contexts: { metadata: Object.fromEntries(sortedMetadata(event)) },
    timestamp: event.timestamp,
  }
}

/**
 * An event of the type transaction:
 * https://develop.sentry.dev/sdk/foundations/transport/event-payloads/transaction/
 */
function transaction(event: Event, deliveryId: string) {
  const traceId = hashParts('sentry trace', deliveryId).slice(0, 32)
  const rootSpanId = hashParts('sentry root span', deliveryId).slice(0, 16)
  const times = { start_timestamp: event.timestamp, timestamp: event.timestamp }
  const span = {
    trace_id: traceId,
    span_id: hashParts('sentry span', deliveryId).slice(0, 16),
    parent_span_id: rootSpanId,
    op: 'event',
    ...times,
  }
  return {
    type: 'transaction',
    level: 'info',
    transaction: transactionName(event),
    message: event.message,
    contexts: { trace: { trace_id: traceId, span_id: rootSpanId, op: 'event' } },
    ...times,
    spans: [span],
  }
}

function transactionName({ involvedObject: object }: Event): string {
  return `${object.kind}: ${object.namespace}/${object.name}`
}

function eventIdOf(deliveryId: string): string {
  return uuid4Hex(hashParts('sentry event', deliveryId))
}

/** The first 32 digits of a hash in the form of a version 4 UUID, as Sentry requires. */
function uuid4Hex(hash: string): string {
  return `${hash.slice(0, 12)}4${hash.slice(13, 16)}8${hash.slice(17, 32)}`
}
