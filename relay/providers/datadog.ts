import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { httpProvider } from './contract.ts'
import { postJson } from './formats/json-request.ts'
import { isError, sortedMetadata, unixSeconds } from './formats/names.ts'
import { classifyServiceAnswer } from './formats/service-answer.ts'
import { cutToFit } from './formats/size-limit.ts'
import { optionalWebhookAddress, requiredToken } from './settings.ts'

const DEFAULT_ORIGIN = 'https://api.datadoghq.com'

/** Characters: https://docs.datadoghq.com/api/latest/events/post-an-event/ */
const MAX_TEXT_LENGTH = 4_000

/** Datadog: an event in the Events Explorer. It takes none that is older than 18 hours. */
export const datadog = httpProvider({
  type: 'datadog',
  family: 'stream',
  settings: z
    .object({ address: optionalWebhookAddress(), token: requiredToken() })
    .transform(({ address, token }) => ({
      origin: address === '' ? DEFAULT_ORIGIN : new URL(address).origin,
      token,
    })),
  fit: (notification) =>
    cutToFit(notification, ({ event: { message } }) => message.length <= MAX_TEXT_LENGTH),
  requests({ event }, { origin, token }) {
    const { kind, namespace, name } = event.involvedObject
    const body = {
      title: `Events from the ${kind} ${name}/${namespace}`,
      text: event.message,
      tags: tagsOf(event),
      source_type_name: 'fluxcd',
      date_happened: unixSeconds(event),
      alert_type: isError(event) ? 'error' : 'info',
    }
    return [postJson(`${origin}/api/v1/events`, body, { 'dd-api-key': token })]
  },
  classify: classifyServiceAnswer,
})

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
