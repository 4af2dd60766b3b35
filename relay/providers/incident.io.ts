import { z } from 'zod'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider } from './contract.ts'
import { incidentKey, skipProgressing } from './messages/incident.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { isError, sortedMetadata, titleOf } from './messages/names.ts'
import { requiredToken, webhookAddress } from './settings.ts'

/**
 * incident.io: an error fires the alert of its object, any other event resolves it.
 * https://docs.incident.io/api-reference/alert-events-v2/createhttp
 */
export const incidentIo = httpProvider({
  type: 'incident.io',
  family: 'incident',
  hasTitle: true,
  hasLink: true,
  hasIncidentKey: true,
  settings: z.object({ address: webhookAddress(), token: requiredToken() }),
  skips: skipProgressing,
  resolves: (event) => !isError(event),
  requests(notification, { address, token }) {
    const { event, link } = notification
    const alert = {
      title: `${titleOf(notification)}: ${event.reason}`,
      status: isError(event) ? 'firing' : 'resolved',
      deduplication_key: incidentKey(notification),
      description: event.message || undefined,
      source_url: link,
      metadata: {
        ...Object.fromEntries(sortedMetadata(event)),
        severity: event.severity,
        reason: event.reason,
        reportingController: event.reportingController || undefined,
      },
    }
    return [postJson(address, alert, authorization('Bearer', token))]
  },
  subject(notification, { address }) {
    return { key: JSON.stringify(['incident.io', address, incidentKey(notification)]) }
  },
  classify: classifyServiceAnswer,
})
