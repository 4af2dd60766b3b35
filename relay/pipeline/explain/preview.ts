import type { Clock } from '../../ports/clock.ts'
import type { OutboundRequest } from '../../ports/http.ts'
import type { MailMessage } from '../../ports/mail.ts'
import type { NatsMessage } from '../../ports/nats.ts'
import { createAccessTokens } from '../../providers/auth/access-tokens.ts'
import { type CustomProvider, isHttpProvider, type TryPorts } from '../../providers/contract.ts'
import type { Prepared } from '../prepare.ts'
import { withCredentials } from '../try-ports.ts'
import type { RequestPreview } from './explanation.ts'
import { maskMail, maskMessage, maskRequest, maskUrl } from './masked-request.ts'

/** What would be sent, and what of it cannot be shown before it is sent. */
export interface Preview {
  readonly requests: readonly RequestPreview[]
  readonly notes: readonly string[]
}

/** Shows the requests of a notification. Sends nothing and fetches nothing. */
export async function previewOf(prepared: Prepared, clock: Clock): Promise<Preview> {
  const { type, requests, resolved } = prepared
  const { redact, credentials } = resolved
  if (!isHttpProvider(type)) return previewOfCustom(type, prepared, clock)
  return {
    requests: requests.map((request) => maskRequest(withCredentials(request, credentials), redact)),
    notes: [
      ...(type.authorize ? [`${type.type}: each request gets a credential beside`] : []),
      ...(prepared.notification.thread && type.threading?.deliver
        ? [`${type.type}: a thread begins so; what follows goes into it`]
        : []),
      ...(type.memory ? [`${type.type}: what earlier events left to do is sent beside`] : []),
    ],
  }
}

/** The methods of what is no HTTP, of which a type sends one. */
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set(['MAIL', 'PUBLISH'])

/** Thrown in the place of sending: what follows depends on an answer. */
class NotSent extends Error {
  override readonly name = 'NotSent'
}

/**
 * A type with a protocol of its own is run up to what it sends first. Of a request of HTTP only method and
 * URL are shown: it may fetch a token by a proof that no redactor knows.
 */
async function previewOfCustom(
  type: CustomProvider,
  { notification, resolved: { settings, redact, transport } }: Prepared,
  clock: Clock,
): Promise<Preview> {
  const requests: RequestPreview[] = []
  const keep = (request: RequestPreview): never => {
    requests.push(request)
    throw new NotSent('nothing is sent to explain')
  }
  const tryPorts: TryPorts = {
    send: async ({ method, url }: OutboundRequest) =>
      keep({ method, url: maskUrl(url, redact), headers: {} }),
    publish: async (message: NatsMessage) => keep(maskMessage(message, redact)),
    mail: async (message: MailMessage) => keep(maskMail(message, redact)),
    clock,
    tokens: createAccessTokens(clock),
    memory: {
      read: async () => undefined,
      write: async () => undefined,
      change: async () => undefined,
    },
    identities: {
      cluster: notification.cluster,
      bindings: async () => undefined,
      token: async () => ({ kind: 'refused', reason: 'nothing is sent to explain' }),
      awsCredentials: () => Promise.reject(new NotSent('nothing is sent to explain')),
    },
    hasOwnRoots: transport.tls?.ca !== undefined,
  }
  await type.deliver(notification, settings, tryPorts).catch(() => undefined)
  const [first] = requests
  const host = redact(type.host(settings))
  if (first !== undefined && OTHER_PROTOCOLS.has(first.method)) return { requests, notes: [] }
  const what = first === undefined ? 'what it sends' : 'what it sends after that'
  return { requests, notes: [`${type.type}: ${what} depends on the answers of ${host}`] }
}
