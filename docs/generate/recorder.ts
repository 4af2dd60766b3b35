import type { Event } from '../../relay/model/event.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { ALL_LIVE } from '../../relay/ports/cluster-modes.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'
import type { Mailer, MailMessage } from '../../relay/ports/mail.ts'
import type { NatsMessage, NatsPublisher } from '../../relay/ports/nats.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import type { Versioned } from '../../relay/ports/versioned.ts'

/** What an HTTP request comes to. */
export type HttpAnswer = HttpResponse | TransportFailure
/** What a NATS message comes to. */
export type NatsAnswer = Awaited<ReturnType<NatsPublisher['publish']>>

/** What a mail comes to. */
export type MailAnswer = Awaited<ReturnType<Mailer['send']>>

/** What destinations answer. */
export interface DestinationAnswers {
  http(request: OutboundRequest): HttpAnswer
  nats(): NatsAnswer
  mail(): MailAnswer
}

/** What left the relay. */
export type Sent =
  | { readonly kind: 'http'; readonly request: OutboundRequest }
  | { readonly kind: 'nats'; readonly message: NatsMessage }
  | { readonly kind: 'mail'; readonly message: MailMessage }

/** Ports, and what went through them. */
export interface Recorder {
  readonly ports: Ports
  /** In the order of sending. */
  readonly sent: readonly Sent[]
  /** Sets the clock. Milliseconds since the epoch. */
  setTime(now: number): void
}

/** When an event is sent, so that the pages are the same on every day, and nothing in them is late. */
export function sentAt({ timestamp }: Pick<Event, 'timestamp'>): number {
  return Date.parse(timestamp) + 1_000
}

/** Ports for attempts without a network: what is sent is recorded, and answered. */
export function createRecorder(secrets: SecretStore, answers: DestinationAnswers): Recorder {
  const sent: Sent[] = []
  let now = 0
  const clock: Clock = { now: () => now, elapsed: () => now, random: () => 0 }
  const ports: Ports = {
    clock,
    secrets,
    identities: NO_CLOUD_IDENTITIES,
    state: createState(),
    http: {
      async send(request) {
        sent.push({ kind: 'http', request })
        return answers.http(request)
      },
    },
    nats: {
      async publish(message) {
        sent.push({ kind: 'nats', message })
        return answers.nats()
      },
    },
    mail: {
      async send(message) {
        sent.push({ kind: 'mail', message })
        return answers.mail()
      },
    },
    queue: { send: unused, sendRetries: unused, resendRetries: unused },
    configs: { read: unused, replace: unused },
    modes: ALL_LIVE,
    ledger: {
      assertWritable() {},
      readMany: unused,
      writeMany: unused,
      show: unused,
      list: unused,
    },
    orderTimes: { next: ({ eventTime }) => eventTime },
    observer: { decided() {} },
  }
  return {
    ports,
    sent,
    setTime(ms) {
      now = ms
    },
  }
}

function createState(): StateStore {
  const items = new Map<string, Versioned<unknown>>()
  return {
    read: async (key) => items.get(key),
    async write(key, value, expected) {
      const version = items.get(key)?.version
      if ((version ?? 'absent') !== expected) return false
      items.set(key, { value, version: (version ?? 0) + 1 })
      return true
    },
  }
}

/** An attempt alone needs neither queue nor ledger. */
function unused(): Promise<never> {
  return Promise.reject(new Error('an attempt used a store that it has no need of'))
}
