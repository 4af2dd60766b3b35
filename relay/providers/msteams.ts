import { z } from 'zod'
import type { HttpResponse } from '../ports.ts'
import { classifyStatus } from './classify.ts'
import { httpProvider, type Notification, type Verdict } from './contract.ts'
import { postJson } from './formats/json-request.ts'
import { classifyServiceAnswer } from './formats/service-answer.ts'
import { cutToFit } from './formats/size-limit.ts'
import { adaptiveCardMessage, messageCard } from './formats/teams-card.ts'
import { webhookAddress } from './settings.ts'

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
