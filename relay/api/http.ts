import type { Problem } from './problem.ts'

/** The bytes of a body as they were sent, or the problem with it. */
export type ReadBody = { readonly body: Uint8Array } | { readonly problem: Problem }

/** Takes memory for `bytes` more bytes. False, without taking any, when there is not enough. */
export type TakeBytes = (bytes: number) => boolean

/** The memory for one body. */
export interface BodyMemory {
  readonly take: TakeBytes
  /** Releases the memory that was taken. */
  close(): void
}

/** Bounds the memory for bodies. */
export interface BodyRoom {
  /** Begins a body. `sender` is the cluster or the address that has a share of the memory. */
  open(sender: string): BodyMemory
}

/** The headers by their names in lower case. Several values are joined, or are a list. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as a host hands it to the edge. */
export interface EdgeRequest {
  readonly method: string
  /** The scheme and host of the request: `http://localhost:8080`. */
  readonly origin: string
  /** The path without the query, percent-encoded as it was sent. */
  readonly path: string
  /** The text after the question mark; empty without one. */
  readonly query: string
  readonly headers: HttpHeaders
  /** The IP address of the peer, which may be a proxy; undefined when the host does not know it. */
  readonly remoteAddress: string | undefined
  /** Whether the connection has ended before all of the request came, so that nobody gets an answer. */
  readonly isCutOff?: boolean
  /**
   * Reads the body. Returns the problem `too-large` when it has more than `maxBytes`, and
   * `overloaded` when `take` has no room for a part of it.
   */
  readBody(maxBytes: number, take?: TakeBytes): Promise<ReadBody>
}

/** The response that a host sends back. */
export interface EdgeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body; empty for a response without one. */
  readonly body: string
  /** A body that goes on, in the place of `body`. The host cancels it when nobody reads it any more. */
  readonly stream?: ReadableStream<Uint8Array>
}

/** The value of a header, by its name in lower case. */
export function headerOf({ headers }: Pick<EdgeRequest, 'headers'>, name: string) {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}
