import { z } from 'zod'
import type { Event } from '../model/event.ts'
import type { HttpResponse } from '../ports/http.ts'
import { judgeSigned } from './answers/clock-difference.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { IDENTITY_IN_MANIFEST } from './auth/cloud-binding.ts'
import {
  authorizeEntraClient,
  ENTRA_KEYS,
  type EntraClient,
  readEntraClient,
} from './auth/entra-client.ts'
import { authorizeAtEntra } from './auth/entra-federation.ts'
import {
  type EventHubConnection,
  parseConnectionString,
  sharedAccessSignature,
} from './auth/shared-access-signature.ts'
import { httpProvider } from './contract.ts'
import { eventJson } from './messages/event-json.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { quotable } from './messages/service-message.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { optionalText, optionalToken, sensitive } from './settings.ts'
import type { Verdict } from './verdict.ts'

/**
 * The largest event. The Basic tier allows 256 KB, including what the service adds; the tier of a
 * hub is not visible here. https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas
 */
const MAX_EVENT_BYTES = 250_000

/** How long a signature is valid, in seconds: longer than a try, since clocks differ. */
const SIGNATURE_LIFE_S = 600

const NEEDED_KEYS = `add the key token, or the keys ${ENTRA_KEYS.join(', ')}, to the Secret named by spec.secretRef`

const ENTRA_SCOPE = 'https://eventhubs.azure.net/.default'

type Access =
  | { readonly kind: 'signature'; readonly connection: EventHubConnection }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'client'; readonly client: EntraClient }
  /** The identity that the deployment binds the cluster to. */
  | { readonly kind: 'federated' }

interface Settings {
  /** The URL of the hub: `https://host/hub`. */
  readonly hubUrl: string
  readonly access: Access
}

const Fields = z.object({
  /** The name of the hub, or a connection string with a key in it. */
  address: sensitive(optionalText()),
  channel: optionalText(),
  token: optionalToken(),
  serviceAccountName: optionalText(),
  secret: z.record(z.string(), z.string()),
})
type Fields = z.infer<typeof Fields>
type Issue = (field: keyof Fields, message: string) => typeof z.NEVER

const Settings = Fields.transform((fields, context): Settings => {
  const issue: Issue = (field, message) => {
    context.addIssue({ code: 'custom', path: [field], message })
    return z.NEVER
  }
  const isConnection = fields.address.includes('SharedAccessKey')
  return isConnection ? signedSettings(fields, issue) : tokenSettings(fields, issue)
})

/**
 * Azure Event Hubs, with a connection string, a token, an application of Entra ID, or the identity
 * that the deployment binds the cluster to:
 * https://learn.microsoft.com/rest/api/eventhub/send-event
 */
export const azureEventHub = httpProvider<Settings>({
  type: 'azureeventhub',
  family: 'stream',
  settings: Settings,
  fit: (notification) => cutToFit(notification, ({ event }) => fitsAnyTier(event)),
  requests({ event }, { hubUrl }) {
    const url = `${hubUrl}/messages?api-version=2014-01`
    const headers = { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' }
    return [postJson(url, eventJson(event), headers)]
  },
  async authorize({ hubUrl, access }, tryPorts) {
    switch (access.kind) {
      case 'token': {
        const headers = authorization('Bearer', access.token)
        return { kind: 'authorized', headers, secrets: [] }
      }
      case 'client':
        return authorizeEntraClient(access.client, ENTRA_SCOPE, tryPorts)
      case 'federated':
        return authorizeAtEntra(ENTRA_SCOPE, NEEDED_KEYS, tryPorts)
      case 'signature': {
        const expiresAt = Math.floor(tryPorts.clock.now() / 1_000) + SIGNATURE_LIFE_S
        const signed = sharedAccessSignature(hubUrl, expiresAt, access.connection)
        const headers = { authorization: signed.header }
        return { kind: 'authorized', headers, secrets: [signed.signature, access.connection.key] }
      }
    }
  },
  classify: classifyEventHub,
})

function signedSettings(fields: Fields, issue: Issue): Settings {
  const both = 'the address is a connection string, which is a credential by itself; remove'
  if (fields.token !== '') issue('token', `${both} the key token from the Secret`)
  if (fields.serviceAccountName !== '') issue('serviceAccountName', `${both} it from the spec`)
  if (readEntraClient(fields.secret) !== undefined) {
    issue('secret', `${both} the keys ${ENTRA_KEYS.join(', ')} from the Secret`)
  }
  const connection = parseConnectionString(fields.address)
  if ('error' in connection) return issue('address', connection.error)
  const { host, hub } = connection
  return { hubUrl: hubUrl(host, hub), access: { kind: 'signature', connection } }
}

/**
 * The form of a namespace:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const NAMESPACE = /^[A-Za-z][A-Za-z\d.-]{1,250}[A-Za-z\d]$/
const HUB = /^[A-Za-z\d][\w./-]{0,255}$/

const PUBLIC_HOSTS = '.servicebus.windows.net'

function tokenSettings(fields: Fields, issue: Issue): Settings {
  const { address: hub, channel: namespace } = fields
  if (!HUB.test(hub)) {
    issue('address', 'set spec.address to the name of the event hub, or to a connection string')
  }
  if (!NAMESPACE.test(namespace)) {
    issue('channel', 'set spec.channel to the namespace of the event hub')
  }
  const host = namespace.includes('.servicebus.') ? namespace : `${namespace}${PUBLIC_HOSTS}`
  return { hubUrl: hubUrl(host, hub), access: tokenAccess(fields, host, issue) }
}

function tokenAccess(fields: Fields, host: string, issue: Issue): Access {
  const { token, secret, serviceAccountName } = fields
  const client = readEntraClient(secret)
  if (client !== undefined && 'error' in client) return issue('secret', client.error)
  if (token !== '' && client !== undefined) {
    return issue('token', `the Secret has ${ENTRA_KEYS.join(', ')} too; remove one of the two`)
  }
  if (token !== '') return { kind: 'token', token }
  if (client !== undefined) return { kind: 'client', client }
  if (serviceAccountName !== '') {
    return issue('serviceAccountName', `${IDENTITY_IN_MANIFEST}; or ${NEEDED_KEYS}`)
  }
  // The token is the deployment's, and a manifest says where it is sent.
  if (!host.toLowerCase().endsWith(PUBLIC_HOSTS)) {
    return issue(
      'channel',
      `without a credential, set spec.channel to a namespace at ${PUBLIC_HOSTS.slice(1)}; or ${NEEDED_KEYS}`,
    )
  }
  return { kind: 'federated' }
}

function hubUrl(host: string, hub: string): string {
  return `https://${host.toLowerCase()}/${hub.split('/').map(encodeURIComponent).join('/')}`
}

function fitsAnyTier(event: Event): boolean {
  return jsonBytes(eventJson(event)) <= MAX_EVENT_BYTES
}

/** Judges the answer. Errors are XML: `<Error><Code>401</Code><Detail>...</Detail></Error>`. */
function classifyEventHub(response: HttpResponse): Verdict {
  const verdict = classifyServiceAnswer(response)
  if (verdict.kind === 'delivered') return verdict
  const detail = quotable(/<Detail>([^<]*)/.exec(response.body)?.[1] ?? '')
  const told = detail === '' ? verdict : { ...verdict, reason: `${verdict.reason}: ${detail}` }
  return response.status === 401 ? judgeSigned(told, response) : told
}
