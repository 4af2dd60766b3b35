import { basename } from 'node:path'
import { outcomeOf } from '../../relay/model/delivery.ts'
import type { OutboundRequest } from '../../relay/ports/http.ts'
import type { MailMessage } from '../../relay/ports/mail.ts'
import type { NatsMessage } from '../../relay/ports/nats.ts'
import { spanOf } from '../../relay/providers/messages/otlp-span.ts'
import { createRedactor } from '../../relay/redact/redact.ts'
import { deliverEvents, type ExampleDelivery } from './deliver.ts'
import type { Example } from './example.ts'
import { codeBlock } from './markdown.ts'
import type { Sent } from './recorder.ts'
import { FETCHED_TOKEN, SUCCESSES } from './stand-in.ts'

/** What an example sends for one info and one error event, secrets masked, as Markdown. */
export async function whatArrives(example: Example): Promise<string> {
  const deliveries = await deliverEvents(example, SUCCESSES, ['info', 'error'])
  return deliveries.map((delivery) => section(example, delivery)).join('\n\n')
}

function section({ objects: { file } }: Example, delivery: ExampleDelivery): string {
  const { record, prepared, sent } = delivery
  if (outcomeOf(record) !== 'delivered') throw new Error(`${file}: ${record.status.reason}`)
  const { severity } = prepared.notification.event
  const event = `[${basename(delivery.file, '.json')}](../../${delivery.file})`
  const blocks = sent.map((each) => block(each, delivery))
  return [`The ${severity} event ${event}:`, ...blocks].join('\n\n')
}

function block(sent: Sent, delivery: ExampleDelivery): string {
  return codeBlock(
    sent.kind === 'http' ? 'http' : 'text',
    masked(sentText(sent, delivery), delivery),
  )
}

function sentText(sent: Sent, delivery: ExampleDelivery): string {
  switch (sent.kind) {
    case 'http':
      return requestText(sent.request, delivery)
    case 'nats':
      return messageText(sent.message)
    case 'mail':
      return mailText(sent.message)
  }
}

const CREDENTIAL = /^(authorization: (?:\w+ )?).+$/m
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g

/** As the relay masks; and what is a credential by its form, such as a pair that it has encoded. */
function masked(text: string, { prepared }: ExampleDelivery): string {
  const redactFetched = createRedactor([FETCHED_TOKEN])
  const byForm = text.replaceAll(JWT, '***').replace(CREDENTIAL, '$1***')
  return redactFetched(prepared.resolved.redact(byForm))
}

function requestText(request: OutboundRequest, delivery: ExampleDelivery): string {
  const { method, url, headers } = request
  const lines = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  const body = bodyText(request, delivery)
  return [lines.join('\n'), ...(body === '' ? [] : [body])].join('\n\n')
}

function messageText({ server, subject, body }: NatsMessage): string {
  return [`server: ${server}\nsubject: ${subject}`, prettyJson(body)].join('\n\n')
}

/** The headers, and the plain form of the text. */
function mailText({ from, to, subject, messageId, threadId, text }: MailMessage): string {
  const headers = {
    From: from.name === '' ? from.address : `${from.name} <${from.address}>`,
    To: to.join(', '),
    Subject: subject,
    'Message-ID': messageId,
    ...(threadId !== undefined && { 'In-Reply-To': threadId }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${lines.join('\n')}\n\n${text.trimEnd()}`
}

function bodyText({ headers, body }: OutboundRequest, delivery: ExampleDelivery): string {
  const contentType = headers['content-type'] ?? ''
  if (typeof body !== 'string') return spanText(delivery)
  if (contentType === 'application/x-www-form-urlencoded') return formText(body)
  return body.split('\n').map(prettyJson).join('\n')
}

/** https://opentelemetry.io/docs/specs/otel/trace/api/#set-status */
const STATUS_CODES = ['unset', 'ok', 'error'] as const

/** The content of the protobuf message, without what OTLP wraps it in. */
function spanText({ prepared: { notification } }: ExampleDelivery): string {
  const span = spanOf(notification)
  const { traceId, spanId } = span.spanContext()
  const content = {
    resource: span.resource.attributes,
    scope: span.instrumentationScope.name,
    name: span.name,
    traceId,
    spanId,
    start: timeText(span.startTime),
    end: timeText(span.endTime),
    status: { ...span.status, code: STATUS_CODES[span.status.code] },
    attributes: span.attributes,
  }
  return JSON.stringify(content, null, 2)
}

function timeText([seconds, nanoseconds]: readonly [number, number]): string {
  return new Date(seconds * 1_000 + nanoseconds / 1_000_000).toISOString()
}

function formText(body: string): string {
  return [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`).join('\n')
}

/** JSON with an indent; another text as it is. */
function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
