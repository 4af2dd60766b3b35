import type { Event } from '../../model/event.ts'
import type { Notification } from '../contract.ts'
import { latenessLines } from './lateness.ts'
import { isError, shownMetadata, titleOf } from './names.ts'
import {
  escapeEntities,
  escapeMarkdown,
  escapeOutsideUrls,
  escapeTexts,
  markdownLink,
} from './texts.ts'

/**
 * Teams formats texts and facts of cards as Markdown, underscores within words too, and makes one
 * line of what single line ends part:
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
 * Nobody is mentioned that the card does not list as an entity.
 */
function escapeCardText(text: string): string {
  const marked = escapeMarkdown(text)
  const words = escapeOutsideUrls(marked, (part) =>
    part.replace(/(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])/g, '\\_'),
  )
  return words.replace(/\r\n?/g, '\n').replace(/(?<!\n)\n(?!\n)/g, '\n\n')
}

/** Message cards have some HTML as well. */
function escapeMessageCard(text: string): string {
  return escapeCardText(escapeEntities(text))
}

/** What the button says that leads to the page of the notification. */
const OPEN = 'Open'

/**
 * A card of the deprecated Office 365 connectors:
 * https://learn.microsoft.com/outlook/actionable-messages/message-card-reference
 */
export function messageCard(notification: Notification) {
  const escaped = escapeTexts(notification, { text: escapeMessageCard, link: markdownLink })
  const { event, link } = escaped
  return {
    '@type': 'MessageCard',
    '@context': 'http://schema.org/extensions',
    themeColor: isError(event) ? 'FF0000' : '0076D7',
    summary: titleOf(notification),
    sections: [
      {
        activityTitle: [event.message, ...latenessLines(notification)].join('\n\n'),
        activitySubtitle: titleOf(escaped),
        facts: shownMetadata(event).map(([name, value]) => ({ name, value })),
      },
    ],
    ...(link !== undefined && {
      potentialAction: [
        { '@type': 'OpenUri', name: OPEN, targets: [{ os: 'default', uri: link }] },
      ],
    }),
  }
}

/** A message with one Adaptive Card; 1.4 is the highest version that Teams shows everywhere. */
export function adaptiveCardMessage(notification: Notification) {
  const { link } = notification
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [{ type: 'Container', items: cardItems(notification) }],
          ...(link !== undefined && {
            actions: [{ type: 'Action.OpenUrl', title: OPEN, url: link }],
          }),
          msteams: { width: 'Full' },
        },
      },
    ],
  }
}

function cardItems(notification: Notification) {
  const escaped = escapeTexts(notification, { text: escapeCardText, link: markdownLink })
  const { event } = escaped
  const facts = summaryFirst(event).map(([title, value]) => ({ title, value }))
  return [
    { type: 'TextBlock', text: titleOf(escaped), size: 'large', weight: 'bolder', wrap: true },
    {
      type: 'TextBlock',
      text: event.message,
      ...(isError(event) ? { color: 'attention' } : {}),
      wrap: true,
    },
    ...latenessLines(notification).map((text) => ({ type: 'TextBlock', text, wrap: true })),
    { type: 'FactSet', ...(facts.length > 0 ? { facts } : {}) },
  ]
}

function summaryFirst(event: Event): ReadonlyArray<readonly [string, string]> {
  const entries = shownMetadata(event)
  return [
    ...entries.filter(([key]) => key === 'summary'),
    ...entries.filter(([key]) => key !== 'summary'),
  ]
}
