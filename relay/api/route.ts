import type { Answer } from './answer.ts'
import type { EdgeRequest, ReadBody } from './http.ts'
import { type Access, OPERATIONS, type OperationName } from './operations.ts'

/** Who may use a route: as the operations of the API say it, or anyone. */
export type RouteAccess = Access | 'anyone'

/** A request whose sender may use the route. */
export interface Call {
  readonly request: EdgeRequest
  /** The parameters of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** The cluster in the path, or the one that the credential names; empty for a route without one. */
  readonly cluster: string
  /** Whether a signature of the body is what proves the sender. */
  readonly isSigned: boolean
  /** Reads the body of at most the route's `maxBodyBytes`, once. */
  readBody(): Promise<ReadBody>
}

/** One method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT'
  /**
   * With parameters in braces: `/v1/deliveries/{id}`. A `{cluster}` is a valid name when the route is
   * handled. `*` is every path that no other route of the method has.
   */
  readonly path: string
  readonly access: RouteAccess
  /** Of the body as it is sent; 0 by default. */
  readonly maxBodyBytes?: number
  /** Waited for once a body has arrived and before it is looked at, in favour of other work. */
  readonly turn?: (cluster: string) => Promise<void>
  handle(call: Call): Answer | Promise<Answer>
}

/** The route of an operation of the API. */
export function routeOf(
  name: OperationName,
  rest: Pick<Route, 'handle' | 'maxBodyBytes' | 'turn'>,
): Route {
  const { method, path, access } = OPERATIONS[name]
  return { method, path, access, ...rest }
}
