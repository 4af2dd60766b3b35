import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { isError, sortedMetadata, unixSeconds, wholeSecondsTimestamp } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'
import { partMentions } from './messages/texts.ts'
import { optionalWebhookAddress, requiredToken } from './settings.ts'

const DEFAULT_ORIGIN = 'https://api.datadoghq.com'

/** The longest text, in characters: https://docs.datadoghq.com/api/latest/events/post-an-event/ */
const MAX_TEXT_LENGTH = 4_000

/**
 * The oldest event that is sent with its own time. Datadog refuses events older than 18 hours; one
 * hour is left for the way and for clocks that differ.
 */
const MAX_AGE_MS = 17 * 3_600_000

/** Datadog: an event in the Events Explorer. An older event has its time in its text. */
export const datadog = httpProvider({
  type: 'datadog',
  family: 'stream',
  hasTitle: true,
  settings: z
    .object({ address: optionalWebhookAddress(), token: requiredToken() })
    .transform(({ address, token }) => ({
      origin: address === '' ? DEFAULT_ORIGIN : new URL(address).origin,
      token,
    })),
  fit: (notification) =>
    cutToFit(notification, (candidate) => textOf(candidate).length <= MAX_TEXT_LENGTH),
  requests(notification, { origin, token }) {
    const { event, triedAt } = notification
    const { kind, namespace, name } = event.involvedObject
    const body = {
      title: notification.title ?? `Events from the ${kind} ${name}/${namespace}`,
      text: textOf(notification),
      tags: tagsOf(event),
      source_type_name: 'fluxcd',
      date_happened: isTooOld(notification) ? Math.floor(triedAt / 1_000) : unixSeconds(event),
      alert_type: isError(event) ? 'error' : 'info',
    }
    return [postJson(`${origin}/api/v1/events`, body, { 'dd-api-key': token })]
  },
  classify: classifyServiceAnswer,
})

function isTooOld({ event, triedAt }: Notification): boolean {
  return triedAt - Date.parse(event.timestamp) > MAX_AGE_MS
}

/**
 * The message, followed by the time of an event that is too old for Datadog. A handle in it, such
 * as `@slack-ops`, notifies the person or channel:
 * https://docs.datadoghq.com/service_management/events/guides/email/
 */
function textOf(notification: Notification): string {
  const { event } = notification
  const message = partMentions(event.message)
  if (!isTooOld(notification)) return message
  return `${message}\nEvent of ${wholeSecondsTimestamp(event)}`
}

function tagsOf(event: Event): readonly string[] {
  const { kind, namespace, name } = event.involvedObject
  const tags = [
    ['flux_reporting_controller', event.reportingController],
    ['flux_reason', event.reason],
    ['kube_kind', kind],
    ['kube_name', name],
    ['kube_namespace', namespace],
    ...sortedMetadata(event),
  ]
  return tags.map(([key, value]) => `${key}:${value}`.toLowerCase())
}
