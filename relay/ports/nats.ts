import type { TransportFailure, TransportOptions } from './http.ts'

/** The credentials of a client of a NATS server. At most one of the four is set. */
export interface NatsCredentials {
  /** The text of a `.creds` file: a user JWT and its NKey seed. */
  readonly creds?: string
  /** An NKey seed. */
  readonly nkeySeed?: string
  readonly user?: { readonly name: string; readonly password: string }
  readonly token?: string
}

export interface NatsMessage {
  /**
   * The server's URL: `nats://host:port`, or `tls://host:port` for a server that accepts TLS only.
   */
  readonly server: string
  /**
   * Whether the server expects TLS before it sends its INFO. A `tls://` server that sends nothing
   * gets TLS too.
   */
  readonly tlsFirst?: boolean
  readonly subject: string
  readonly body: string
  readonly credentials: NatsCredentials
  /**
   * The id under which a stream of JetStream must store the message, once. Without it no stream is
   * involved.
   */
  readonly storeOnceAs?: string
}

/** The server has the message. */
export interface NatsPublished {
  readonly kind: 'published'
  /** Where JetStream stored the message, if it has a `storeOnceAs`. */
  readonly stored?: {
    readonly stream: string
    readonly sequence: number
    /** Whether an earlier try had stored the message already. */
    readonly isDuplicate: boolean
  }
}

/**
 * Why a NATS server, or one of its streams, refused a message that reached it. `reason` is for
 * people.
 */
export interface NatsRefusal {
  readonly kind: 'refused'
  /**
   * `credentials`: they were not accepted. `permission`: they do not allow this subject. `size`:
   * the message is too long. `unavailable`: not now, for example because a stream is full.
   */
  readonly cause: 'credentials' | 'permission' | 'message' | 'size' | 'unavailable'
  readonly detail: string
  /** The most bytes of a body, with `size` and if known. */
  readonly maxBytes?: number
}

export interface NatsPublisher {
  /**
   * Publishes a message, and waits until the server has it, or a stream with `storeOnceAs`. Never
   * rejects because of the network or the server, but while the relay's own files cannot be read.
   */
  publish(
    message: NatsMessage,
    options: TransportOptions,
  ): Promise<NatsPublished | NatsRefusal | TransportFailure>
}
