import type { Problem } from './problem.ts'

/** The bytes of a body as they were sent, or why they cannot be had. */
export type ReadBody = { readonly body: Uint8Array } | { readonly problem: Problem }

/** Takes so many bytes more; false, and nothing taken, when there is no room for them. */
export type TakeBytes = (bytes: number) => boolean

/** Headers by their names in lower case. What is sent more than once is joined, or is a list. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as a host hands it to the edge. */
export interface EdgeRequest {
  readonly method: string
  /** The scheme and host that the request is for: `http://localhost:8080`. */
  readonly origin: string
  /** Without the query, and percent-encoded as it was sent. */
  readonly path: string
  /** What stands behind the question mark; empty without one. */
  readonly query: string
  readonly headers: HttpHeaders
  /** The IP address of the peer, which may be a proxy; undefined when the host does not know it. */
  readonly remoteAddress: string | undefined
  /**
   * Reads the body. Stops with the problem `too-large` at more than `maxBytes`, and with `overloaded`
   * at a part for which `take` has no room.
   */
  readBody(maxBytes: number, take?: TakeBytes): Promise<ReadBody>
}

/** What a host sends back. */
export interface EdgeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty for an answer without a body. */
  readonly body: string
}

/** The value of a header, by its name in lower case. */
export function headerOf({ headers }: Pick<EdgeRequest, 'headers'>, name: string) {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
