import type { Answer } from '../relay/api/answer.ts'
import type { RequestBody } from '../relay/api/body.ts'

/**
 * What the pages ask of a relay: operations of its HTTP interface, whose answers are as there. A host
 * asks its own stores, the command line a relay elsewhere. Every call rejects when the relay, or a
 * store of it, cannot be reached.
 */
export interface ConsoleRelay {
  /** As `GET /v1/overview`. */
  showOverview(): Promise<Answer>
  /** As `GET /v1/deliveries`. */
  listDeliveries(parameters: URLSearchParams): Promise<Answer>
  /**
   * Where the rows that are told live stand now: those told from there on miss nothing that changes after it. Absent
   * where none is needed, because who begins is told of the latest changes too; undefined where it is not known.
   */
  livePosition?(): Promise<string | undefined>
  /** As `GET /v1/deliveries/{id}`. */
  showDelivery(id: string): Promise<Answer>
  /** As `POST /v1/deliveries/{id}/replay`. `by` names who asks, if that is known. */
  replayDelivery(id: string, by: string | undefined): Promise<Answer>
  /** As `POST /v1/deliveries/{id}/dismiss`. `by` names who asks, if that is known. */
  dismissDelivery(id: string, body: RequestBody, by: string | undefined): Promise<Answer>
  /** As `GET /v1/events`. */
  listEvents(parameters: URLSearchParams): Promise<Answer>
  /** As `GET /v1/events/{id}`. */
  showEvent(id: string, parameters: URLSearchParams): Promise<Answer>
  /** As `POST /v1/explain`. */
  explainEvent(body: RequestBody): Promise<Answer>
  /** As `POST /v1/providers/{namespace}/{name}/test`. `by` names who asks, if that is known. */
  testProvider(
    namespace: string,
    name: string,
    body: RequestBody,
    by: string | undefined,
  ): Promise<Answer>
  /** As `GET /v1/clusters/{cluster}/silences`. */
  listSilences(cluster: string): Promise<Answer>
  /** As `POST /v1/clusters/{cluster}/silences`. `by` names who asks, if that is known. */
  createSilence(cluster: string, body: RequestBody, by: string | undefined): Promise<Answer>
  /** As `POST /v1/clusters/{cluster}/silences/{id}/expire`. `by` names who asks, if that is known. */
  expireSilence(cluster: string, id: string, by: string | undefined): Promise<Answer>
  /** As `GET /v1/clusters`. */
  listClusters(): Promise<Answer>
  /** As `GET /v1/clusters/{cluster}/config`. */
  showConfig(cluster: string): Promise<Answer>
  /** As `GET /v1/clusters/{cluster}/objects`. */
  listObjects(cluster: string, parameters: URLSearchParams): Promise<Answer>
}
