import { describe, expect, it } from 'vitest'
import { isHttpProvider, type Notification } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'
import { plainProvider } from '../../support/plain-provider.ts'
import { readMarkdownV2 } from '../../support/service-schemas/telegram.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

/** What a service documents of the length of a part of a request. */
interface Limit {
  readonly what: string
  readonly max: number
  readonly source: string
  /** The length, by the body as it is sent. */
  measure(body: string): number
}

/** The part of a JSON body at a path. */
function part(body: string, ...path: readonly (string | number)[]): unknown {
  let value: unknown = JSON.parse(body)
  for (const key of path) value = (value as Readonly<Record<string, unknown>>)?.[key]
  return value
}

/** Characters of the text at a path, counted in code points; none when it is absent. */
function characters(...path: readonly (string | number)[]) {
  return (body: string) => [...String(part(body, ...path) ?? '')].length
}

const bytes = (body: string) => Buffer.byteLength(body)
const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

type Attachment = { readonly author_name: string; readonly text: string; readonly fields: Field[] }
type Field = { readonly title: string; readonly value: string }

const attachment = (body: string) => part(body, 'attachments', 0) as Attachment

function attachmentText(body: string): number {
  const { author_name, text, fields } = attachment(body)
  return [author_name, text, ...fields.flatMap(({ title, value }) => [title, value])].join('')
    .length
}

const EMBEDS = 'https://docs.discord.com/developers/resources/message#embed-object-embed-limits'
const OPSGENIE = 'https://docs.opsgenie.com/docs/alert-api#create-alert'

/** The limits of each type, from its service's documents. */
const LIMITS: Readonly<Record<string, readonly Limit[]>> = {
  slack: [
    {
      what: 'the texts of a message',
      max: 40_000,
      source: 'https://docs.slack.dev/reference/methods/chat.postMessage#truncating',
      measure: attachmentText,
    },
  ],
  discord: [
    {
      what: 'a description',
      max: 4_096,
      source: EMBEDS,
      measure: characters('attachments', 0, 'text'),
    },
    { what: 'an embed', max: 6_000, source: EMBEDS, measure: attachmentText },
    { what: 'fields', max: 25, source: EMBEDS, measure: (body) => attachment(body).fields.length },
    {
      what: 'a value',
      max: 1_024,
      source: EMBEDS,
      measure: (body) => Math.max(0, ...attachment(body).fields.map(({ value }) => value.length)),
    },
  ],
  msteams: [
    {
      what: 'bytes of a message',
      max: 28_000,
      source: 'https://learn.microsoft.com/microsoftteams/limits-specifications-teams',
      measure: (body) => Math.max(bytes(body), Buffer.byteLength(body, 'utf16le')),
    },
  ],
  googlechat: [
    {
      what: 'bytes of a message',
      max: 32_000,
      source: 'https://developers.google.com/workspace/chat/create-messages',
      measure: bytes,
    },
  ],
  webex: [
    {
      what: 'bytes of a markdown',
      max: 7_439,
      source: 'https://developer.webex.com/docs/api/v1/messages/create-a-message',
      measure: (body) => Buffer.byteLength(String(part(body, 'markdown'))),
    },
  ],
  telegram: [
    {
      what: 'a text after its entities are parsed',
      max: 4_096,
      source: 'https://core.telegram.org/bots/api#sendmessage',
      measure: (body) => [...(readMarkdownV2(String(part(body, 'text'))) ?? '')].length,
    },
  ],
  lark: [
    {
      what: 'bytes of a request',
      max: 20_000,
      source: 'https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot',
      measure: bytes,
    },
  ],
  matrix: [
    {
      what: 'bytes of an event, less what the server adds',
      max: 65_536 - 2 * 255,
      source: 'https://spec.matrix.org/latest/client-server-api/#size-limits',
      measure: bytes,
    },
  ],
  zulip: [
    {
      what: 'a content',
      max: 10_000,
      source: 'https://zulip.com/api/send-message',
      measure: (body) => [...(new URLSearchParams(body).get('content') ?? '')].length,
    },
  ],
  pagerduty: [
    {
      what: 'a summary',
      max: 1_024,
      source: 'https://developer.pagerduty.com/docs/events-api-v2/trigger-events/',
      measure: characters('payload', 'summary'),
    },
    {
      what: 'bytes of an event',
      max: 512_000,
      source: 'https://developer.pagerduty.com/docs/events-api-v2/overview/',
      measure: bytes,
    },
  ],
  opsgenie: [
    { what: 'a message', max: 130, source: OPSGENIE, measure: characters('message') },
    { what: 'a description', max: 15_000, source: OPSGENIE, measure: characters('description') },
    {
      what: 'details',
      max: 8_000,
      source: OPSGENIE,
      measure: (body) =>
        Object.entries(part(body, 'details') as Record<string, string>)
          .flat()
          .join('').length,
    },
  ],
  datadog: [
    {
      what: 'a text',
      max: 4_000,
      source: 'https://docs.datadoghq.com/api/latest/events/post-an-event/',
      measure: characters('text'),
    },
  ],
  sentry: [
    {
      what: 'bytes of an envelope',
      max: 1_048_576,
      source: 'https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits',
      measure: bytes,
    },
  ],
  grafana: [
    {
      what: 'bytes of all tags',
      max: 500,
      source:
        'https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#annotations',
      measure: (body) => jsonBytes(part(body, 'tags')),
    },
  ],
  githubdispatch: [
    {
      what: 'bytes of a payload',
      max: 65_535,
      source: 'https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event',
      measure: (body) => jsonBytes(part(body, 'client_payload')),
    },
  ],
  azureeventhub: [
    {
      what: 'bytes of an event in the basic tier',
      max: 262_144,
      source: 'https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas',
      measure: bytes,
    },
  ],
  googlepubsub: [
    {
      what: 'bytes of a request',
      max: 10_000_000,
      source: 'https://cloud.google.com/pubsub/quotas#resource_limits',
      measure: bytes,
    },
  ],
  githubpullrequestcomment: [
    {
      what: 'a comment',
      max: 65_536,
      source: 'https://github.com/danger/danger/issues/424',
      measure: characters('body'),
    },
  ],
  gitlabmergerequestcomment: [
    {
      what: 'a comment',
      max: 1_000_000,
      source:
        'https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics',
      measure: characters('body'),
    },
  ],
  github: [
    {
      what: 'a description',
      max: 140,
      source: 'https://docs.github.com/en/rest/commits/statuses',
      measure: characters('description'),
    },
  ],
  githubdeployment: [
    {
      what: 'a description',
      max: 140,
      source: 'https://docs.github.com/en/rest/deployments/statuses',
      measure: characters('description'),
    },
  ],
  gitlab: [
    {
      what: 'a description',
      max: 255,
      source: 'https://docs.gitlab.com/api/commits/#set-commit-pipeline-status',
      measure: characters('description'),
    },
  ],
  bitbucket: [
    {
      what: 'a description',
      max: 255,
      source: 'https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/',
      measure: characters('description'),
    },
  ],
  bitbucketserver: [
    {
      what: 'a description',
      max: 255,
      source: 'https://developer.atlassian.com/server/bitbucket/rest/v803/api-group-build-status',
      measure: characters('description'),
    },
  ],
  sqs: [
    {
      what: 'a message',
      max: 1_048_576,
      source:
        'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html',
      measure: (body) => Buffer.byteLength(String(part(body, 'MessageBody'))),
    },
  ],
  sns: [
    {
      what: 'a message',
      max: 262_144,
      source: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html',
      measure: (body) => Buffer.byteLength(new URLSearchParams(body).get('Message') ?? ''),
    },
    {
      what: 'a subject',
      max: 99,
      source: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html',
      measure: (body) => new URLSearchParams(body).get('Subject')?.length ?? 0,
    },
  ],
  eventbridge: [
    {
      what: 'an entry',
      max: 262_144,
      source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html',
      measure: (body) => Buffer.byteLength(String(part(body, 'Entries', 0, 'Detail'))),
    },
  ],
}

/** The types whose services document no limit that an event can reach, and what holds instead. */
const WITHOUT_LIMIT: Readonly<Record<string, string>> = {
  alertmanager: 'labels and annotations are of any length',
  gitlabdeployment: 'a deployment has no text of the event',
  azuredevops: 'what it refuses for its length goes once more, shorter',
  email: 'servers differ; each says so when it gets a mail',
  generic: 'the receiver is anybody; 413 gets a shorter form',
  'generic-hmac': 'the receiver is anybody; 413 gets a shorter form',
  gitea: 'the description is a text of any length',
  giteapullrequestcomment: 'the comment is a text of any length',
  'incident.io': 'none is documented',
  nats: 'the server tells it when a client connects',
  otel: 'none is documented',
  rocket: 'that of a message does not hold for attachments',
  zoom: 'what it refuses for its length goes once more, shorter',
}

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/** A message of 39,000 UTF-16 units and 100 entries of metadata, at their worst for a type. */
function longNotification(piece: string, severity: string): Notification {
  const plain = notificationOf('kustomization-applied')
  const text = (length: number) => piece.repeat(length / piece.length)
  const entries = Array.from({ length: 98 }, (_, n) => [`key-${n}`, text(600)])
  const metadata = {
    ...Object.fromEntries(entries),
    revision: `main@sha1:${COMMIT}`,
    change_request: '42',
  }
  const event = { ...plain.event, severity, message: text(39_000), metadata }
  return { ...plain, event, late: true, overtaken: true }
}

/** The bodies that a type sends of a notification, as `prepare` and `deliver` have it send them. */
async function bodiesOf(name: string, notification: Notification): Promise<readonly string[]> {
  const type = providerTypes.get(name)
  if (!type) throw new Error(`no type ${name}`)
  const { spec, secret } = plainProvider(type)
  const settings = settingsOf(type, spec, secret)
  if (isHttpProvider(type)) {
    return requestsOf(type, notification, settings).map(({ body }) => String(body))
  }
  const event = type.fit?.(notification, settings) ?? notification.event
  const answers = ({ method, url }: { readonly method: string; readonly url: string }) => {
    if (method !== 'GET') return response(201, '{}')
    return response(200, url.endsWith('/user') ? '{"login":"us","username":"us"}' : '[]')
  }
  const tryPorts = createFakeTryPorts({ answers })
  await type.deliver({ ...notification, event }, settings, tryPorts)
  return tryPorts.requests.filter(({ method }) => method !== 'GET').map(({ body }) => String(body))
}

const PIECES = [
  ['letters', 'x'],
  ['what is escaped', '<&*`_'],
  ['quotes and line ends', '"\n'],
  ['three bytes', '配'],
  ['pairs', '🚀'],
] as const

const ROWS = Object.entries(LIMITS).flatMap(([type, limits]) =>
  limits.map(({ what, max, ...limit }) => ({ type, what, max, ...limit })),
)

describe('39,000 characters and 100 entries', () => {
  it.each(ROWS)('$type: $what has at most $max ($source)', async ({ type, max, measure }) => {
    for (const [name, piece] of PIECES) {
      const bodies = await bodiesOf(type, longNotification(piece, 'error'))
      expect(bodies.length, name).toBeGreaterThan(0)
      for (const body of bodies) {
        expect(measure(body), name).toBeLessThanOrEqual(max)
        expect(body.isWellFormed(), name).toBe(true)
      }
    }
  })

  it.each(ROWS.filter(({ measure }) => measure === bytes))(
    '$type is cut no further than it has to be',
    async ({ type, max }) => {
      const [body = ''] = await bodiesOf(type, longNotification('x', 'error'))
      expect(bytes(body)).toBeGreaterThan(Math.min(max, 39_000) * 0.4)
    },
  )
})

it('the limits are those of all types', () => {
  const types = [...Object.keys(LIMITS), ...Object.keys(WITHOUT_LIMIT)]
  expect(types.sort()).toEqual([...providerTypes.keys()].sort())
})
