import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { chosenKey } from './messages/incident.ts'
import { postJson } from './messages/json-request.ts'
import { sortedMetadata } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'
import { requiredToken, webhookAddress } from './settings.ts'

/** Characters: https://docs.opsgenie.com/docs/alert-api#create-alert */
const MAX_MESSAGE_LENGTH = 130
const MAX_DESCRIPTION_LENGTH = 15_000
/** The most characters of all keys and values together. */
const MAX_DETAILS_LENGTH = 8_000

/** Opsgenie: each event opens an alert, or counts up the open one of its object and reason. */
export const opsgenie = httpProvider({
  type: 'opsgenie',
  family: 'incident',
  hasTitle: true,
  hasIncidentKey: true,
  settings: z.object({ address: webhookAddress(), token: requiredToken() }),
  fit: (notification) => cutToFit(notification, ({ event }) => fits(event)),
  requests(notification, { address, token }) {
    const { event } = notification
    const { kind, name } = event.involvedObject
    const { title = `${kind}/${name}` } = notification
    const alert = {
      message: ellipsize(title, MAX_MESSAGE_LENGTH),
      alias: aliasOf(notification),
      description: event.message,
      details: detailsOf(event),
    }
    return [postJson(address, alert, { authorization: `GenieKey ${token}` })]
  },
  // A late repeat would open again what a person has closed since.
  subject(notification, { address }) {
    return { key: JSON.stringify(['opsgenie', address, aliasOf(notification)]) }
  },
  classify: classifyServiceAnswer,
})

/** What an open alert is known by; alerts that notification-controller opened have it too. */
function aliasOf(notification: Notification): string {
  const chosen = chosenKey(notification)
  if (chosen !== undefined) return chosen
  const { event, provider } = notification
  const { kind, namespace, name } = event.involvedObject
  const parts = [provider.uid, kind, namespace, name, event.reason]
  return createHash('sha256').update(parts.join('/')).digest('hex')
}

function detailsOf(event: Event): Readonly<Record<string, string>> {
  return { ...Object.fromEntries(sortedMetadata(event)), severity: event.severity }
}

function fits(event: Event): boolean {
  const details = Object.entries(detailsOf(event)).flat().join('')
  return event.message.length <= MAX_DESCRIPTION_LENGTH && details.length <= MAX_DETAILS_LENGTH
}
