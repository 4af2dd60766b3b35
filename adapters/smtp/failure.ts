import type { NodemailerError } from 'nodemailer/lib/errors'
import type { TransportFailure } from '../../relay/ports/http.ts'
import type { MailRefusal } from '../../relay/ports/mail.ts'
import { ConnectError, failureOf, isAboutTls, tlsErrorText } from '../http/failure.ts'

/** What went wrong with a mail: the server's refusal, or a failure of the way to it. */
export function judgeError(
  error: unknown,
  mayHaveArrived: boolean,
): MailRefusal | TransportFailure {
  if (error instanceof ConnectError || !(error instanceof Error)) {
    return failureOf(error, mayHaveArrived)
  }
  const { code, originalCode = '', command, message }: NodemailerError = error
  const { permanent, response, responseCode }: NodemailerError = error
  const said = textOf(error)
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    const isPassing = permanent === false
    return { kind: 'refused', cause: 'credentials', isPassing, detail: said }
  }
  if (code === 'ETLS') {
    const detail = responseCode === undefined ? tlsText(message) : `no TLS: ${said}`
    return failureOf(new ConnectError('tls', detail), false)
  }
  if (isAboutTls(originalCode)) {
    const detail = tlsErrorText(Object.assign(new Error(message), { code: originalCode }))
    return failureOf(new ConnectError('tls', detail), false)
  }
  if (responseCode !== undefined) {
    // A greeting is about no mail: the server may be full, or being changed.
    const isPassing = permanent !== true || command === 'CONN'
    return { kind: 'refused', cause: 'message', isPassing, detail: said }
  }
  // The library sends nothing that is longer than the server said it takes: RFC 1870.
  if (code === 'EMESSAGE') {
    return { kind: 'refused', cause: 'message', isPassing: false, detail: said }
  }
  // An answer without a code is none of SMTP.
  if (code === 'EPROTOCOL' || response !== undefined) {
    return failureOf(new ConnectError('protocol', said), mayHaveArrived)
  }
  return failureOf(new ConnectError('reset', said), mayHaveArrived)
}

/** What the server said, or else what the library says, in one line. */
function textOf({ response, message }: NodemailerError): string {
  return (response ?? message).replace(/\s+/g, ' ').trim()
}

/** Without what the library puts before the words of Node. */
function tlsText(message: string): string {
  return message.replace(/^Error initiating TLS - /, 'the TLS handshake failed: ')
}
