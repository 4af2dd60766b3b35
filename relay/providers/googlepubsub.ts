import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { classifyPassing } from './answers/passing-answer.ts'
import { IDENTITY_IN_MANIFEST } from './auth/cloud-binding.ts'
import { authorizeAtGoogle } from './auth/google-federation.ts'
import {
  authorizeServiceAccount,
  type GoogleServiceAccount,
  parseServiceAccount,
} from './auth/google-service-account.ts'
import { httpProvider } from './contract.ts'
import { eventJson } from './messages/event-json.ts'
import { postJson } from './messages/json-request.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { optionalSecretText, optionalText, textMap } from './settings.ts'

/** The largest request: https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_REQUEST_BYTES = 10_000_000
/** The most data. The rest of the request is for what surrounds it. */
const MAX_DATA_BYTES = MAX_REQUEST_BYTES - 1_000
const MAX_ATTRIBUTES = 100
const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1_024

const SCOPE = 'https://www.googleapis.com/auth/pubsub'

/**
 * The form of a project's id:
 * https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin
 */
const PROJECT = /^[a-z][a-z0-9.:-]{0,99}$/
/** The form of a topic's id: https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const TOPIC = /^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/

type Credential =
  | { readonly kind: 'key'; readonly account: GoogleServiceAccount }
  /** The identity that the deployment binds the cluster to. */
  | { readonly kind: 'federated' }

interface Settings {
  readonly project: string
  readonly topic: string
  readonly attributes: Readonly<Record<string, string>>
  readonly credential: Credential
}

const NEEDED_KEY =
  'add the key token with the JSON of a Google service account key to the Secret named by spec.secretRef'

const Fields = z.object({
  address: optionalText(),
  channel: optionalText(),
  token: optionalSecretText(),
  serviceAccountName: optionalText(),
  headers: textMap(),
})

const Settings = Fields.transform((fields, context): Settings => {
  const { address: project, channel: topic, headers } = fields
  const issue = (field: keyof typeof fields, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const credential = readCredential(fields)
  const attributes = attributesError(headers)
  if (!PROJECT.test(project)) issue('address', 'set spec.address to the id of the project')
  if (!TOPIC.test(topic)) {
    issue('channel', 'set spec.channel to the id of the topic, without projects/ and topics/')
  }
  if (attributes !== undefined) issue('headers', attributes)
  if (!('error' in credential)) return { project, topic, attributes: headers, credential }
  issue(credential.field, credential.error)
  return z.NEVER
})

interface CredentialError {
  readonly field: 'token' | 'serviceAccountName'
  readonly error: string
}

function readCredential({
  token,
  serviceAccountName,
}: z.infer<typeof Fields>): Credential | CredentialError {
  if (token !== '') {
    const account = parseServiceAccount(token)
    if ('error' in account) return { field: 'token', error: account.error }
    return { kind: 'key', account }
  }
  if (serviceAccountName === '') return { kind: 'federated' }
  return { field: 'serviceAccountName', error: `${IDENTITY_IN_MANIFEST}; or ${NEEDED_KEY}` }
}

/**
 * Google Cloud Pub/Sub, with a service account, or with the identity that the deployment binds the
 * cluster to: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 */
export const googlePubSub = httpProvider<Settings>({
  type: 'googlepubsub',
  family: 'stream',
  settings: Settings,
  fit: (notification, { attributes }) =>
    cutToFit(
      notification,
      ({ event }) => base64Bytes(event) + jsonBytes(attributes) <= MAX_DATA_BYTES,
    ),
  requests({ event }, settings) {
    const { project, topic } = settings
    const path = `projects/${encodeURIComponent(project)}/topics/${encodeURIComponent(topic)}`
    const url = `https://pubsub.googleapis.com/v1/${path}:publish`
    return [postJson(url, publishBody(event, settings))]
  },
  authorize({ credential }, tryPorts) {
    switch (credential.kind) {
      case 'key':
        return authorizeServiceAccount(credential.account, SCOPE, tryPorts)
      case 'federated':
        return authorizeAtGoogle(SCOPE, NEEDED_KEY, tryPorts)
    }
  },
  classify: (response) => classifyPassing(response, CANCELLED),
})

/** The status of what was cancelled, and may be tried again: https://cloud.google.com/pubsub/docs/reference/error-codes */
const CANCELLED = 499

function publishBody(event: Event, { attributes }: Settings) {
  const data = Buffer.from(JSON.stringify(eventJson(event))).toString('base64')
  const hasAttributes = Object.keys(attributes).length > 0
  return { messages: [{ data, ...(hasAttributes && { attributes }) }] }
}

function base64Bytes(event: Event): number {
  return 4 * Math.ceil(jsonBytes(eventJson(event)) / 3)
}

/**
 * What is wrong with the attributes. The Secret's headers become attributes, and Pub/Sub refuses a
 * message for a single bad one.
 */
function attributesError(headers: Readonly<Record<string, string>>): string | undefined {
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
  return `entry ${wrong + 1} is not a valid attribute: a name has at most ${MAX_KEY_BYTES} bytes and does not begin with goog, a value has at most ${MAX_VALUE_BYTES} bytes`
}
