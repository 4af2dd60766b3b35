import type { SecretWriter } from '../../ports/secret-store.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { MAX_CONFIG_BYTES, type RequestBody } from '../body.ts'
import { putFleetSecret } from '../fleet.ts'
import { headerOf } from '../http.ts'
import { MAX_SECRET_BYTES } from '../put-secret.ts'
import { type Call, type Route, routeOf } from '../route.ts'

/** What the routes for the fleet need from a host. */
export interface FleetRouteParts {
  /** Stores the set, as `putFleetConfig` does. */
  put(request: RequestBody): Promise<Answer>
  /** Shows the set, as `showFleet` does. */
  show(): Promise<Answer>
  readonly secretWriter: SecretWriter
  /** Called after the set, or a Secret of the fleet, was stored. */
  onStored(): Promise<void>
}

/** Replaces and shows the Providers that all clusters may be allowed, and stores their Secrets. */
export function fleetRoutes(parts: FleetRouteParts): readonly Route[] {
  return [
    routeOf('putFleetConfig', {
      maxBodyBytes: MAX_CONFIG_BYTES,
      handle: (call) => store(parts, call, (body) => parts.put(body)),
    }),
    routeOf('showFleetConfig', { handle: () => parts.show() }),
    routeOf('putFleetSecret', {
      maxBodyBytes: MAX_SECRET_BYTES,
      handle: (call) =>
        store(parts, call, (body) => {
          const { name = '' } = call.parameters
          return putFleetSecret(parts.secretWriter, { ...body, name })
        }),
    }),
  ]
}

async function store(
  { onStored }: FleetRouteParts,
  call: Call,
  put: (body: RequestBody) => Promise<Answer>,
): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const answer = await put({
    body: read.body,
    contentEncoding: headerOf(call.request, 'content-encoding'),
    contentType: headerOf(call.request, 'content-type'),
  })
  if (answer.status === 200) await onStored()
  return answer
}
