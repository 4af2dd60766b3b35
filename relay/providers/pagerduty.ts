import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { isFoundEnd } from '../model/good-ends.ts'
import { ellipsize } from '../model/text.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { incidentKey, skipProgressing } from './messages/incident.ts'
import { postJson } from './messages/json-request.ts'
import { isError, reasonPhrase, sortedMetadata, wholeSecondsTimestamp } from './messages/names.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { requiredSecretText, webhookAddress } from './settings.ts'

/** The longest summary: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const MAX_SUMMARY_LENGTH = 1_024

/**
 * The most bytes of the details. A whole event may have 512 KB, of which about 2 KB surround the
 * details: https://developer.pagerduty.com/docs/events-api-v2/overview/
 */
const MAX_DETAILS_BYTES = 500_000

/** The longest reason, which fits into a summary beside the longest kind and name. */
const MAX_REASON_LENGTH = 256

const MAX_SOURCE_LENGTH = 255

const Settings = z
  .object({
    address: webhookAddress(),
    channel: requiredSecretText(
      'set spec.channel to the integration key (routing key) of the PagerDuty service',
    ),
  })
  .transform(({ address, channel }) => ({ origin: new URL(address).origin, routingKey: channel }))
type Settings = z.infer<typeof Settings>

/**
 * PagerDuty, Events API v2: an error triggers the incident of its object, and any other event
 * resolves it. An info event that Flux reported is also recorded as a change.
 */
export const pagerDuty = httpProvider<Settings>({
  type: 'pagerduty',
  family: 'incident',
  hasTitle: true,
  hasLink: true,
  hasIncidentKey: true,
  settings: Settings,
  skips: skipProgressing,
  resolves: (event) => !isError(event),
  fit: (notification) =>
    cutToFit(
      { ...notification, event: withShortReason(notification.event) },
      ({ event }) => jsonBytes(detailsOf(event)) <= MAX_DETAILS_BYTES,
    ),
  requests(notification, { origin, routingKey }) {
    const { event } = notification
    const links = linksOf(notification)
    const incident = postJson(`${origin}/v2/enqueue`, {
      routing_key: routingKey,
      event_action: isError(event) ? 'trigger' : 'resolve',
      dedup_key: incidentKey(notification),
      ...(isError(event) ? { payload: incidentPayload(notification) } : {}),
      ...(links && isError(event) ? { links } : {}),
    })
    if (event.severity !== 'info' || isFoundEnd(event)) return [incident]
    const change = { routing_key: routingKey, payload: changePayload(notification), links }
    return [incident, postJson(`${origin}/v2/change/enqueue`, change)]
  },
  subject(notification: Notification, { origin, routingKey }) {
    return { key: JSON.stringify(['pagerduty', origin, routingKey, incidentKey(notification)]) }
  },
  classify: classifyServiceAnswer,
})

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
function linksOf({ link }: Notification) {
  return link === undefined ? null : [{ href: link, text: 'Open' }]
}

function incidentPayload(notification: Notification) {
  const { kind, name } = notification.event.involvedObject
  const { timestamp, custom_details, ...rest } = changePayload(notification)
  return { ...rest, severity: 'error', timestamp, component: name, group: kind, custom_details }
}

/**
 * The payload of a change: https://developer.pagerduty.com/docs/events-api-v2/send-change-events/
 */
function changePayload({ event, title = summaryOf(event) }: Notification) {
  return {
    summary: title,
    source: ellipsize(`Flux ${event.reportingController}`, MAX_SOURCE_LENGTH),
    timestamp: wholeSecondsTimestamp(event),
    custom_details: detailsOf(event),
  }
}

function detailsOf(event: Event) {
  return { message: event.message, metadata: Object.fromEntries(sortedMetadata(event)) }
}

function summaryOf({ reason, involvedObject: { kind, name } }: Event): string {
  return `${reasonPhrase(reason)}: ${kind.toLowerCase()}/${name}`
}

function withShortReason(event: Event): Event {
  if (summaryOf(event).length <= MAX_SUMMARY_LENGTH) return event
  return { ...event, reason: ellipsize(event.reason, MAX_REASON_LENGTH) }
}
