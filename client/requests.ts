import type { Answer } from '../relay/api/answer.ts'
import type { RequestBody } from '../relay/api/body.ts'

/** Rules of the deployment that its stores do not tell. */
export interface ExplainRules {
  readonly noCrossNamespaceRefs: boolean
}

/**
 * The requests to a relay's HTTP interface that the commands use. Every call rejects with
 * `UsageError` when the relay cannot be reached. A refusal is an answer.
 */
export interface RelayRequests {
  /** The rules of the deployment, where its stack tells them. They count before those of a call. */
  readonly ownRules?: ExplainRules
  /** Sends `PUT /v1/clusters/{cluster}/config`. */
  putConfig(cluster: string, body: RequestBody): Promise<Answer>
  /** Sends `GET /v1/clusters/{cluster}/config`. */
  showConfig(cluster: string): Promise<Answer>
  /** Sends `POST /v1/clusters/{cluster}/events`. */
  postEvents(cluster: string, body: RequestBody): Promise<Answer>
  /** Sends `PUT /v1/clusters/{cluster}/secrets/{namespace}/{name}`. */
  putSecret(cluster: string, namespace: string, name: string, body: RequestBody): Promise<Answer>
  /** Sends `PUT /v1/fleet/config`. */
  putFleetConfig(body: RequestBody): Promise<Answer>
  /** Sends `GET /v1/fleet/config`. */
  showFleetConfig(): Promise<Answer>
  /** Sends `PUT /v1/fleet/secrets/{name}`. */
  putFleetSecret(name: string, body: RequestBody): Promise<Answer>
  /** `GET /v1/events`. */
  listEvents(parameters: URLSearchParams, rules: ExplainRules): Promise<Answer>
  /** `GET /v1/events/{id}`. */
  showEvent(id: string, parameters: URLSearchParams, rules: ExplainRules): Promise<Answer>
  /** `POST /v1/explain`. A relay that serves HTTP knows its rules by itself. */
  explainEvent(body: RequestBody, rules: ExplainRules): Promise<Answer>
  /** Sends `POST /v1/providers/{namespace}/{name}/test`. It takes as long as the test. */
  testProvider(namespace: string, name: string, body: RequestBody): Promise<Answer>
  /** Sends `GET /v1/clusters`. */
  listClusters(): Promise<Answer>
  /** Sends `GET /v1/deliveries`. */
  listDeliveries(parameters: URLSearchParams): Promise<Answer>
  /** Sends `GET /v1/deliveries/{id}`. */
  showDelivery(id: string): Promise<Answer>
  /** Sends `POST /v1/deliveries/{id}/replay`. */
  replayDelivery(id: string): Promise<Answer>
  /** Sends `POST /v1/deliveries/{id}/dismiss`. */
  dismissDelivery(id: string, body: RequestBody): Promise<Answer>
  /** Sends `GET /v1/clusters/{cluster}/silences`. */
  listSilences(cluster: string): Promise<Answer>
  /** Sends `POST /v1/clusters/{cluster}/silences`. */
  createSilence(cluster: string, body: RequestBody): Promise<Answer>
  /** Sends `POST /v1/clusters/{cluster}/silences/{id}/expire`. */
  expireSilence(cluster: string, id: string): Promise<Answer>
}
