import { eventsRoute } from '../../relay/api/routes/events.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { createHttpApi, doorLogOf, type HttpApiParts } from '../shared/http-api.ts'

/** What taking events needs. */
export interface IngestParts extends HttpApiParts {
  readonly ports: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>
}

/** Makes the handler of `POST /v1/clusters/{cluster}/events`. */
export function createIngest(parts: IngestParts) {
  const { received } = doorLogOf(parts.log)
  return createHttpApi([eventsRoute({ ...parts, onReceived: received })], parts)
}
