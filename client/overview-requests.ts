import type { Answer } from '../relay/api/answer.ts'

/** The requests for what a relay that serves HTTP tells for its console. */
export interface OverviewRequests {
  /** Sends `GET /v1/overview`. */
  showOverview(): Promise<Answer>
  /** Sends `GET /v1/clusters/{cluster}/objects`. */
  listObjects(cluster: string, parameters: URLSearchParams): Promise<Answer>
}
