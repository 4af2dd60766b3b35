export interface OutboundRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'GET'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** Most bytes of the answer that are read; `MAX_RESPONSE_BYTES` without it. */
  readonly maxResponseBytes?: number
}

/** PEM texts. A CA replaces the system's roots. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** How a destination is reached. */
export interface ConnectionOptions {
  readonly tls?: TlsOptions
  /** `http:`, `https:` or `socks5:`, with credentials in it when the proxy wants them. */
  readonly proxyUrl?: string
  /** Whose share of connections and name look-ups is taken. */
  readonly cluster?: string
}

export interface TransportOptions extends ConnectionOptions {
  /** Bounds the whole exchange, from the name look-up to the end of the body. */
  readonly timeoutMs: number
  /** What bounds it more than the Provider does, for a person. */
  readonly boundBy?: string
}

export interface HttpResponse {
  readonly kind: 'response'
  readonly status: number
  /** Names in lower case; of several values the first. */
  readonly headers: Readonly<Record<string, string>>
  /** At most the first bytes that the request allows, as UTF-8 with U+FFFD for what is not. */
  readonly body: string
  readonly truncated: boolean
  /** Milliseconds since the epoch; a `Retry-After` counts from here. */
  readonly receivedAt: number
}

/** Why no answer came. */
export type TransportFailureCause =
  | 'address-refused'
  | 'invalid-request'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'proxy'
  | 'reset'
  | 'timeout'
  | 'protocol'

export interface TransportFailure {
  readonly kind: 'failure'
  readonly cause: TransportFailureCause
  /** False when it is certain that no byte of the request reached the destination. */
  readonly mayHaveArrived: boolean
  /** For a person; may hold parts of the address, so it is redacted before it is shown. */
  readonly detail: string
}

export interface HttpClient {
  /** Never rejects for what the network or the destination does. Follows no redirect. */
  send(
    request: OutboundRequest,
    options: TransportOptions,
  ): Promise<HttpResponse | TransportFailure>
}

/** Most bytes of an answer that are read, for a request that asks for no more. */
export const MAX_RESPONSE_BYTES = 20_480
