import type { Clock } from './clock.ts'
import type { CloudIdentities } from './cloud-identities.ts'
import type { ClusterModes } from './cluster-modes.ts'
import type { ConfigStore } from './config-store.ts'
import type { HttpClient } from './http.ts'
import type { Ledger } from './ledger.ts'
import type { Mailer } from './mail.ts'
import type { NatsPublisher } from './nats.ts'
import type { Observer } from './observer.ts'
import type { OrderTimes } from './order-times.ts'
import type { Queue } from './queue.ts'
import type { SecretStore } from './secret-store.ts'
import type { StateStore } from './state-store.ts'

/**
 * What the core needs of its host. Every method rejects when the infrastructure behind it fails. A
 * rejection is never an answer; the caller puts the work back.
 */
export interface Ports {
  readonly queue: Queue
  readonly configs: ConfigStore
  readonly modes: ClusterModes
  readonly secrets: SecretStore
  readonly identities: CloudIdentities
  readonly state: StateStore
  readonly ledger: Ledger
  readonly http: HttpClient
  readonly nats: NatsPublisher
  readonly mail: Mailer
  readonly clock: Clock
  readonly orderTimes: OrderTimes
  readonly observer: Observer
}
