import type { TransportFailure, TransportOptions } from './http.ts'

/** How a client proves who it is to a NATS server; at most one of the four. */
export interface NatsCredentials {
  /** The text of a `.creds` file: a user JWT and its NKey seed. */
  readonly creds?: string
  /** An NKey seed. */
  readonly nkeySeed?: string
  readonly user?: { readonly name: string; readonly password: string }
  readonly token?: string
}

export interface NatsMessage {
  /** `nats://host:port`, or `tls://` for a server that speaks nothing else. */
  readonly server: string
  /** The server wants TLS before it says its INFO. A `tls://` server that says nothing gets it too. */
  readonly tlsFirst?: boolean
  readonly subject: string
  readonly body: string
  readonly credentials: NatsCredentials
  /** With it a stream of JetStream has to store the message, once under this id. */
  readonly storeOnceAs?: string
}

/** The server has the message. */
export interface NatsPublished {
  readonly kind: 'published'
  /** Where JetStream stored it, for a message with `storeOnceAs`. */
  readonly stored?: {
    readonly stream: string
    readonly sequence: number
    /** It was there before, by an earlier try. */
    readonly isDuplicate: boolean
  }
}

/** Why a NATS server, or a stream of it, did not take a message that reached it. For a person. */
export interface NatsRefusal {
  readonly kind: 'refused'
  /**
   * `credentials`: they were not accepted. `permission`: not for this subject. `size`: the message is
   * too long. `unavailable`: not now, such as by a stream that is full.
   */
  readonly cause: 'credentials' | 'permission' | 'message' | 'size' | 'unavailable'
  readonly detail: string
  /** With `size`: most bytes of a body, where that is known. */
  readonly maxBytes?: number
}

export interface NatsPublisher {
  /**
   * Publishes, and waits until the server, or with `storeOnceAs` a stream, has it. Never rejects for
   * what the network or the server does.
   */
  publish(
    message: NatsMessage,
    options: TransportOptions,
  ): Promise<NatsPublished | NatsRefusal | TransportFailure>
}
