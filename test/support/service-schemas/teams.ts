import { createRequire } from 'node:module'
import { z } from 'zod'
import { jsonBody, jsonPost, type Service } from './service.ts'

/** What the package names as its main file is for bundlers; Node can load the bundle only. */
const { AdaptiveCard, SerializationContext, Versions } = createRequire(import.meta.url)(
  'adaptivecards/dist/adaptivecards.js',
) as typeof import('adaptivecards')

/**
 * "28 KB": https://learn.microsoft.com/microsoftteams/limits-specifications-teams, of which the
 * smaller reading is taken.
 */
const MAX_BYTES = 28_000

const TextBlock = z.strictObject({
  type: z.literal('TextBlock'),
  text: z.string(),
  size: z.enum(['default', 'small', 'medium', 'large', 'extraLarge']).optional(),
  weight: z.enum(['default', 'lighter', 'bolder']).optional(),
  color: z.enum(['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention']).optional(),
  wrap: z.boolean().optional(),
})

/** The facts are documented as required; Flux leaves them out when there are none, and Teams takes it. */
const FactSet = z.strictObject({
  type: z.literal('FactSet'),
  facts: z.array(z.strictObject({ title: z.string(), value: z.string() })).optional(),
})

/** https://adaptivecards.io/explorer/AdaptiveCard.html */
const CardShape = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  body: z.array(
    z.strictObject({
      type: z.literal('Container'),
      items: z.array(z.discriminatedUnion('type', [TextBlock, FactSet])),
    }),
  ),
  actions: z
    .array(
      z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }),
    )
    .optional(),
  // https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
  msteams: z.strictObject({ width: z.literal('Full') }),
})

/**
 * Has Microsoft's parser read the card as one of version 1.4: it may report nothing, and must have
 * understood every property, for it drops those that it does not know.
 */
const Card = CardShape.superRefine((card, context) => {
  for (const message of cardProblems(card)) context.addIssue({ code: 'custom', message })
})

/** What Microsoft's parser of Adaptive Cards has against a card of version 1.4. */
export function cardProblems(card: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = new AdaptiveCard()
  const parsing = new SerializationContext(Versions.v1_4)
  parsed.parse(card, parsing)
  const events = Array.from(
    { length: parsing.eventCount },
    (_, index) => parsing.getEventAt(index).message ?? 'an event without a message',
  )
  const invalid = parsed.validateProperties().validationEvents.map(({ message }) => message ?? '')
  const { msteams: _, ...standard } = card
  const understood = parsed.toJSON(new SerializationContext(Versions.v1_4))
  const isWhole = comparable(understood) === comparable(standard)
  return [...events, ...invalid, ...(isWhole ? [] : ['the parser did not understand all of it'])]
}

/** Equal for what says the same: the parser sorts keys in its way, and drops empty texts. */
function comparable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === '') return undefined
    if (typeof part === 'string' && /^(large|bolder|attention)$/i.test(part))
      return part.toLowerCase()
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
const WorkflowMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        content: Card,
      }),
    )
    .length(1),
})

/** https://learn.microsoft.com/outlook/actionable-messages/message-card-reference */
const MessageCard = z.strictObject({
  '@type': z.literal('MessageCard'),
  '@context': z.enum(['http://schema.org/extensions', 'https://schema.org/extensions']),
  themeColor: z.string().regex(/^[0-9A-F]{6}$/i),
  // Required, since there is no text.
  summary: z.string().min(1),
  sections: z
    .array(
      z.strictObject({
        activityTitle: z.string(),
        activitySubtitle: z.string(),
        facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      }),
    )
    .max(10),
  potentialAction: z
    .array(
      z.strictObject({
        '@type': z.literal('OpenUri'),
        name: z.string().min(1),
        targets: z.array(z.strictObject({ os: z.literal('default'), uri: z.url() })).min(1),
      }),
    )
    .optional(),
})

const WORKFLOW = 'https://prod-1.westus.logic.azure.com/workflows/1/triggers/manual?sig=abc'
const CONNECTOR = 'https://example.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4'

/** Microsoft Teams, with both shapes of card. */
export const teamsServices: readonly Service[] = [
  {
    name: 'msteams, workflow',
    type: 'msteams',
    spec: {},
    secret: { address: WORKFLOW },
    requests: () => [
      jsonPost(WORKFLOW, {}, jsonBody(WorkflowMessage, MAX_BYTES), { status: 202, body: '' }),
    ],
  },
  {
    name: 'msteams, connector',
    type: 'msteams',
    spec: {},
    secret: { address: CONNECTOR },
    requests: () => [
      jsonPost(CONNECTOR, {}, jsonBody(MessageCard, MAX_BYTES), { status: 200, body: '1' }),
    ],
  },
]
