import type { TransportFailure, TransportOptions } from './http.ts'

/** A server that takes mail from its users: RFC 6409. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /**
   * `implicit`: from the first byte (RFC 8314). `starttls`: before anything but the greeting is said, or
   * there is no delivery (RFC 3207). `none`: never.
   */
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly login?: { readonly user: string; readonly password: string }
}

/** A mail, whose addresses are plain ones of ASCII, without names and angle brackets. */
export interface MailMessage {
  readonly server: MailServer
  readonly from: { readonly name: string; readonly address: string }
  readonly to: readonly string[]
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** `<left@right>`, the same whenever the same mail is sent: RFC 5322, section 3.6.4. */
  readonly messageId: string
  /** The id that all mails of a thread refer to; absent: it is in none. */
  readonly threadId?: string
  /** Milliseconds since the epoch. */
  readonly date: number
}

/** A recipient of a mail that the server refused, while it took the mail for others. */
export interface RefusedRecipient {
  readonly address: string
  /** What the server said, such as `550 5.1.1 User unknown`. */
  readonly said: string
  /** Whether it said that it may take mail for the recipient later: a code of 4xx. */
  readonly isPassing: boolean
}

/** The server has the mail. */
export interface MailSent {
  readonly kind: 'sent'
  /** What the server said, such as `250 2.0.0 Ok: queued as 4F2A`. */
  readonly answer: string
  readonly refused: readonly RefusedRecipient[]
}

/** The server answered, and did not take the mail. */
export interface MailRefusal {
  readonly kind: 'refused'
  /** `credentials`: of the user. `message`: of the sender, of every recipient, or of the mail itself. */
  readonly cause: 'credentials' | 'message'
  /** Whether it said that it may take the mail later: a code of 4xx, RFC 5321, section 4.2.1. */
  readonly isPassing: boolean
  /** What the server said, for people. */
  readonly detail: string
}

export interface Mailer {
  /**
   * Sends a mail, and waits until the server has it. Never rejects because of the network or the
   * server, but while the relay's own files cannot be read.
   */
  send(
    message: MailMessage,
    options: TransportOptions,
  ): Promise<MailSent | MailRefusal | TransportFailure>
}
