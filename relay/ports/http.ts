export interface OutboundRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'GET'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** The most bytes of the answer that are read; the default is `MAX_RESPONSE_BYTES`. */
  readonly maxResponseBytes?: number
  /**
   * Whether the answer may come compressed by gzip, which the request then says. `body` is what was compressed;
   * empty, and `truncated`, where that is broken or has more bytes than are read.
   */
  readonly acceptsGzip?: boolean
}

/** Certificates and a key as PEM texts. A CA replaces the system's root certificates. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** How a destination is reached. */
export interface ConnectionOptions {
  readonly tls?: TlsOptions
  /** The proxy's URL: `http:`, `https:` or `socks5:`, with the credentials that the proxy needs. */
  readonly proxyUrl?: string
  /** The cluster whose share of connections and name look-ups is used. */
  readonly cluster?: string
}

export interface TransportOptions extends ConnectionOptions {
  /**
   * The time for the whole exchange in milliseconds, from the name look-up to the end of the body.
   */
  readonly timeoutMs: number
  /** What bounds the exchange if that is not the Provider, as people read it. */
  readonly boundBy?: string
}

export interface HttpResponse {
  readonly kind: 'response'
  readonly status: number
  /** The headers, with names in lower case. Of several values it is the first. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The first bytes of the body, at most as many as the request allows, as UTF-8. Invalid bytes are
   * U+FFFD.
   */
  readonly body: string
  readonly truncated: boolean
  /** When the answer arrived, in milliseconds since the epoch. A `Retry-After` counts from here. */
  readonly receivedAt: number
}

/** Why no answer came. */
export type TransportFailureCause =
  | 'address-refused'
  /** The process itself is at a limit, such as that of open files. It says nothing about the destination. */
  | 'host'
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
  /**
   * What went wrong, for people. It may contain parts of the address, so it is redacted before it
   * is shown.
   */
  readonly detail: string
}

export interface HttpClient {
  /**
   * Sends one request. Never rejects because of the network or the destination. Follows no
   * redirects.
   */
  send(
    request: OutboundRequest,
    options: TransportOptions,
  ): Promise<HttpResponse | TransportFailure>
}

/** The most bytes of an answer that are read, unless the request asks for more. */
export const MAX_RESPONSE_BYTES = 20_480
