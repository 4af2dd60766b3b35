import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { classifyStatus } from './answers/classify.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { cutToFit } from './messages/size-limit.ts'
import { adaptiveCardMessage, messageCard } from './messages/teams-card.ts'
import { webhookAddress } from './settings.ts'
import type { Verdict } from './verdict.ts'

/**
 * "28 KB" of https://learn.microsoft.com/microsoftteams/limits-specifications-teams, in bytes.
 * Webhooks have been seen to count the text in UTF-16, so it has to fit in that as well:
 * https://stackoverflow.com/questions/78034694
 */
const MAX_BODY_BYTES = 28_000

const CONNECTOR_HOST_SUFFIX = '.webhook.office.com'

/** Microsoft Teams: a workflow's webhook, or the deprecated Office 365 connector. */
export const msteams = httpProvider({
  type: 'msteams',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({ address: webhookAddress() }),
  fit: (notification, { address }) =>
    cutToFit(notification, (candidate) => bodyBytes(bodyOf(candidate, address)) <= MAX_BODY_BYTES),
  requests: (notification, { address }) => [postJson(address, bodyOf(notification, address))],
  classify: classifyTeams,
})

function bodyOf(notification: Notification, address: string) {
  return isConnector(address) ? messageCard(notification) : adaptiveCardMessage(notification)
}

function isConnector(address: string): boolean {
  return new URL(address).hostname.endsWith(CONNECTOR_HOST_SUFFIX)
}

function bodyBytes(body: unknown): number {
  const text = JSON.stringify(body)
  return Math.max(Buffer.byteLength(text), Buffer.byteLength(text, 'utf16le'))
}

const DELIVERY_FAILED = 'Webhook message delivery failed'
const INNER_STATUS = /returned HTTP error (\d{3})/

/**
 * The connector answers 200 and tells the failure in the body:
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#rate-limiting-for-connectors
 */
function classifyTeams(response: HttpResponse): Verdict {
  const verdict = classifyServiceAnswer(response)
  if (verdict.kind !== 'delivered' || !response.body.includes(DELIVERY_FAILED)) return verdict
  const status = Number(INNER_STATUS.exec(response.body)?.[1])
  if (Number.isNaN(status)) return { kind: 'rejected', reason: 'Teams did not deliver the message' }
  const reason = `Teams answered HTTP ${status} to its connector`
  const inner = classifyStatus({ ...response, status })
  return inner.kind === 'retry' ? { ...inner, reason } : { kind: 'rejected', reason }
}
