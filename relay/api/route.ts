import type { Answer } from './answer.ts'
import type { EdgeRequest, ReadBody } from './http.ts'
import type { Access } from './operation.ts'
import { OPERATIONS, type OperationName } from './operations.ts'
import type { Operator } from './senders.ts'

/** Who may use a route: one of the accesses of operations, or anyone. */
export type RouteAccess = Access | 'anyone'

/** A request from a sender that may use the route. */
export interface Call {
  readonly request: EdgeRequest
  /** The decoded parameters of the path. */
  readonly parameters: Readonly<Record<string, string>>
  /**
   * The cluster in the path, or the one that the credential names; empty for a route without a
   * cluster.
   */
  readonly cluster: string
  /** Whether a signature of the body proves the sender. */
  readonly isSigned: boolean
  /** The operator who sends it. Absent for other senders, and where no credential is asked for. */
  readonly operator?: Operator | undefined
  /** Reads the body, of at most the route's `maxBodyBytes`. It can be read once. */
  readBody(): Promise<ReadBody>
}

/** The handler of one method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT'
  /**
   * The path with its parameters in braces: `/v1/deliveries/{id}`. A `{cluster}` is a valid name
   * when the route is handled. A `*` at the end stands for every path that begins so and that no other route of
   * the method has.
   */
  readonly path: string
  readonly access: RouteAccess
  /** The most bytes of the body as it is sent; the default is 0. */
  readonly maxBodyBytes?: number
  /** Waited for after a body has arrived and before it is read, so that other work goes first. */
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
