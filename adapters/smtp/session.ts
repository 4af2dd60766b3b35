import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import type { MailMessage, MailSent } from '../../relay/ports/mail.ts'
import type { MailLibrary } from './library.ts'

/** A connection on which nothing was said yet. */
export interface OpenConnection {
  readonly socket: Socket
  /** What TLS after STARTTLS uses. */
  readonly tls: ConnectionOptions
  /** The time after which whoever opened the connection closes it, in milliseconds. */
  readonly timeoutMs: number
}

/** How far a session came. */
export interface Progress {
  /** Whether the server may have the mail, whatever fails now. */
  mayHaveArrived: boolean
}

/** The library's own timeouts end nothing before the caller does. */
const LATER_MS = 1_000

/**
 * Logs in and sends a mail over an open connection, whose TLS is up if it is implicit. Rejects with the
 * library's error.
 */
export async function sendOver(
  { socket, tls, timeoutMs }: OpenConnection,
  { server, from, to }: MailMessage,
  bytes: Buffer,
  library: MailLibrary,
  progress: Progress,
): Promise<MailSent> {
  const later = timeoutMs + LATER_MS
  const session = library.openSession({
    connection: socket,
    host: server.host,
    port: server.port,
    secure: server.tls === 'implicit',
    secured: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls !== 'starttls',
    tls,
    connectionTimeout: later,
    greetingTimeout: later,
    socketTimeout: later,
    socketCloseTimeout: 0,
    maxResponseSize: MAX_ANSWER_BYTES,
    logger: false,
  })
  // What comes after the first error, or after the end, says nothing more.
  session.on('error', () => undefined)
  // An error comes as an event, or to the callback of the step that it ends.
  const failed = once(session, 'end').then(() => {
    throw new Error('the server closed the connection')
  })
  failed.catch(() => undefined)
  const step = <T>(start: (done: (error?: Error | null, result?: T) => void) => void) => {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    start((error, result) => (error ? reject(error) : resolve(result)))
    return Promise.race([promise, failed])
  }
  try {
    await step((done) => session.connect(done))
    const { login } = server
    if (login !== undefined) {
      await step((done) => session.login({ user: login.user, pass: login.password }, done))
    }
    progress.mayHaveArrived = true
    const envelope = { from: from.address, to: [...to], size: bytes.length }
    const info = await step<SMTPConnectionSendInfo>((done) => session.send(envelope, bytes, done))
    if (info === undefined) throw new Error('the library sent a mail without a result')
    session.quit()
    return sentOf(info)
  } finally {
    socket.destroySoon()
  }
}

/** The most bytes of one answer that are read. */
const MAX_ANSWER_BYTES = 20_480

function sentOf({ response, rejectedErrors = [] }: SMTPConnectionSendInfo): MailSent {
  const refused = rejectedErrors.map(
    ({ recipient: address = '', response: said = '', permanent }) => ({
      address,
      said,
      isPassing: permanent === false,
    }),
  )
  return { kind: 'sent', answer: response, refused }
}
