import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'
import type { MailMessage } from '../../relay/ports/mail.ts'
import { loadOnce } from '../load-once.ts'

/** The parts that need the library for mail. */
export interface MailLibrary {
  /** The mail as bytes, with the encodings that its texts need: RFC 2045 to 2047. */
  compose(message: MailMessage): Promise<Buffer>
  /** Speaks SMTP over a connection that is open already. */
  openSession(options: SMTPConnectionOptions): SMTPConnection
}

/** Loads the library when it is needed, since most relays never send mail. Rejects while its files cannot be read. */
export const loadLibrary = loadOnce(load)

async function load(): Promise<MailLibrary> {
  const [{ default: MailComposer }, { default: Connection }] = await Promise.all([
    import('nodemailer/lib/mail-composer'),
    import('nodemailer/lib/smtp-connection'),
  ])
  return {
    compose(message) {
      const { from, to, subject, text, html, messageId, threadId, date } = message
      const composer = new MailComposer({
        ...{ from, to: [...to], subject, text, html, messageId },
        ...(threadId !== undefined && { inReplyTo: threadId, references: threadId }),
        date: new Date(date),
        // So that nobody's holiday notice answers: RFC 3834.
        headers: { 'Auto-Submitted': 'auto-generated' },
        // So the same mail has the same bytes.
        baseBoundary: messageId.replace(/\W/g, '').slice(0, BOUNDARY_LENGTH),
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      return composer.compile().build()
    },
    openSession: (options) => new Connection(options),
  }
}

/**
 * The length of the text that the library makes boundaries of. Whatever it adds, a boundary then has at most the 70
 * characters of RFC 2046, section 5.1.1, and its parameter is in one piece: few programs put together the pieces of
 * RFC 2231.
 */
const BOUNDARY_LENGTH = 32
