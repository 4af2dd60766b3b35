import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { httpProvider } from './contract.ts'
import { eventJson } from './formats/event-json.ts'
import {
  authorizeServiceAccount,
  type GoogleServiceAccount,
  parseServiceAccount,
} from './formats/google-service-account.ts'
import { postJson } from './formats/json-request.ts'
import { classifyServiceAnswer } from './formats/service-answer.ts'
import { cutToFit, jsonBytes } from './formats/size-limit.ts'
import { headerMap, optionalText, requiredToken } from './settings.ts'

/** https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_REQUEST_BYTES = 10_000_000
/** A part is for what stands around the data. */
const MAX_DATA_BYTES = MAX_REQUEST_BYTES - 1_000
const MAX_ATTRIBUTES = 100
const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1_024

const SCOPE = 'https://www.googleapis.com/auth/pubsub'

/** https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin */
const PROJECT = /^[a-z][a-z0-9.:-]{0,99}$/
/** https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const TOPIC = /^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/

interface Settings {
  readonly project: string
  readonly topic: string
  readonly attributes: Readonly<Record<string, string>>
  readonly account: GoogleServiceAccount
}

const Fields = z.object({
  address: optionalText(),
  channel: optionalText(),
  token: requiredToken(
    'the Secret named by spec.secretRef needs the key token with the JSON of a Google service account key; this deployment binds no cloud identity that could take its place',
  ),
  headers: headerMap(),
})

const Settings = Fields.transform((fields, context): Settings => {
  const { address: project, channel: topic, token, headers } = fields
  const issue = (field: keyof typeof fields, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const account = parseServiceAccount(token)
  const attributes = attributesProblem(headers)
  if (!PROJECT.test(project)) issue('address', 'set spec.address to the id of the project')
  if (!TOPIC.test(topic)) {
    issue('channel', 'set spec.channel to the id of the topic, without projects/ and topics/')
  }
  if (attributes !== undefined) issue('headers', attributes)
  if (!('problem' in account)) return { project, topic, attributes: headers, account }
  issue('token', account.problem)
  return z.NEVER
})

/**
 * Google Cloud Pub/Sub, as a service account:
 * https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 */
export const googlePubSub = httpProvider<Settings>({
  type: 'googlepubsub',
  family: 'stream',
  settings: Settings,
  fit: (event, { attributes }) =>
    cutToFit(event, (e) => base64Bytes(e) + jsonBytes(attributes) <= MAX_DATA_BYTES),
  requests({ event }, settings) {
    const { project, topic } = settings
    const path = `projects/${encodeURIComponent(project)}/topics/${encodeURIComponent(topic)}`
    const url = `https://pubsub.googleapis.com/v1/${path}:publish`
    return [postJson(url, publishBody(event, settings))]
  },
  authorize: ({ account }, exchange) => authorizeServiceAccount(account, SCOPE, exchange),
  classify: classifyServiceAnswer,
})

function publishBody(event: Event, { attributes }: Settings) {
  const data = Buffer.from(JSON.stringify(eventJson(event))).toString('base64')
  const hasAttributes = Object.keys(attributes).length > 0
  return { messages: [{ data, ...(hasAttributes && { attributes }) }] }
}

function base64Bytes(event: Event): number {
  return 4 * Math.ceil(jsonBytes(eventJson(event)) / 3)
}

/** The Secret's headers become attributes, and Pub/Sub refuses the message for a single bad one. */
function attributesProblem(headers: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(headers)
  if (entries.length > MAX_ATTRIBUTES) {
    return `a message takes at most ${MAX_ATTRIBUTES} attributes, and there are ${entries.length}`
  }
  const wrong = entries.findIndex(
    ([key, value]) =>
      Buffer.byteLength(key) > MAX_KEY_BYTES ||
      Buffer.byteLength(value) > MAX_VALUE_BYTES ||
      /^goog/.test(key),
  )
  if (wrong < 0) return undefined
  return `entry ${wrong + 1} is no attribute: a name has at most ${MAX_KEY_BYTES} bytes and does not begin with goog, a value has at most ${MAX_VALUE_BYTES} bytes`
}
