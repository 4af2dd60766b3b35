import type { HttpResponse, OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'
import type { Mailer, MailMessage } from '../../relay/ports/mail.ts'
import type { NatsMessage, NatsPublisher } from '../../relay/ports/nats.ts'
import { createAccessTokens } from '../../relay/providers/auth/access-tokens.ts'
import type { ClusterIdentities } from '../../relay/providers/auth/cluster-identities.ts'
import type { TryPorts } from '../../relay/providers/contract.ts'
import { ManualClock } from './manual-clock.ts'

type Answer = HttpResponse | TransportFailure
type PublishAnswer = Awaited<ReturnType<NatsPublisher['publish']>>

export interface FakeTryPortsOptions {
  /** One answer a request, in order, or a function of the request and its number from 0. */
  readonly answers?: readonly Answer[] | ((request: OutboundRequest, number: number) => Answer)
  /** What each message that is published gets; by default it is taken. */
  readonly published?: (message: NatsMessage) => PublishAnswer
  /** What each mail gets; by default it is taken. */
  readonly mailed?: (message: MailMessage) => Awaited<ReturnType<Mailer['send']>>
  /** Parts of the cluster `local`'s identities; by default it is bound to none. */
  readonly identities?: Partial<ClusterIdentities>
  readonly hasOwnRoots?: boolean
}

/** The ports of one try without a network, which record what a type does with it. */
export interface FakeTryPorts extends TryPorts {
  readonly requests: readonly OutboundRequest[]
  readonly messages: readonly NatsMessage[]
  readonly mails: readonly MailMessage[]
  readonly clock: ManualClock
  /** What the type remembers. */
  readonly remembered: Map<string, string>
}

/** A request that no answer is left for rejects, as the broken promise of a type that it is. */
export function createFakeTryPorts({
  answers = [],
  published = () => ({ kind: 'published' }),
  mailed = () => ({ kind: 'sent', answer: '250 Ok', refused: [] }),
  identities = {},
  hasOwnRoots = false,
}: FakeTryPortsOptions = {}): FakeTryPorts {
  const clock = new ManualClock()
  const requests: OutboundRequest[] = []
  const messages: NatsMessage[] = []
  const mails: MailMessage[] = []
  const remembered = new Map<string, string>()
  const answerTo = (request: OutboundRequest, number: number) =>
    typeof answers === 'function' ? answers(request, number) : answers[number]
  return {
    requests,
    messages,
    mails,
    clock,
    remembered,
    tokens: createAccessTokens(clock),
    identities: {
      cluster: 'local',
      bindings: async () => undefined,
      token: (audience) => Promise.reject(new Error(`unexpected proof for ${audience}`)),
      awsCredentials: () => Promise.reject(new Error('unexpected use of the role')),
      ...identities,
    },
    hasOwnRoots,
    memory: {
      read: async (key) => remembered.get(key),
      async write(key, text) {
        remembered.set(key, text)
      },
      async change(key, change) {
        const text = change(remembered.get(key))
        if (text !== undefined) remembered.set(key, text)
      },
    },
    async send(request) {
      const answer = answerTo(request, requests.push(request) - 1)
      if (answer) return answer
      throw new Error(`unexpected request ${requests.length}: ${request.method} ${request.url}`)
    },
    async publish(message) {
      messages.push(message)
      return published(message)
    },
    async mail(message) {
      mails.push(message)
      return mailed(message)
    },
  }
}

/** An exchange that brought no answer. */
export function transportFailure(
  cause: TransportFailure['cause'],
  mayHaveArrived: boolean,
): TransportFailure {
  return { kind: 'failure', cause, mayHaveArrived, detail: 'test' }
}
