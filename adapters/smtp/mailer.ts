import { isIP } from 'node:net'
import type { TransportFailure, TransportOptions } from '../../relay/ports/http.ts'
import type { Mailer, MailMessage, MailRefusal, MailSent } from '../../relay/ports/mail.ts'
import { createAddressGuard } from '../http/address-guard.ts'
import type { ConnectionOptions } from '../http/connection-options.ts'
import { hostPortText } from '../http/dial.ts'
import { ConnectError } from '../http/failure.ts'
import { resolveBySystem } from '../http/guarded-lookup.ts'
import { destroyOnAbort, openPlainSocket } from '../http/plain-socket.ts'
import { secure, secureContextOf } from '../http/tls.ts'
import { judgeError } from './failure.ts'
import { loadLibrary } from './library.ts'
import { type Progress, sendOver } from './session.ts'

/**
 * Sends mail by SMTP through the address guard and the Provider's proxy, each mail over a connection of its
 * own. Throws when an option is not valid.
 */
export function createMailer(options: ConnectionOptions): Mailer {
  const guard = createAddressGuard(options)
  const { resolve = resolveBySystem, roots, connectTimeoutMs = 5_000 } = options

  async function deliver(
    message: MailMessage,
    transport: TransportOptions,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<MailSent> {
    const library = await loadLibrary()
    const { server } = message
    const bytes = await library.compose(message)
    const secureContext =
      server.tls === 'none' ? undefined : secureContextOf(transport.tls ?? {}, roots)
    const { timeoutMs } = transport
    const context = {
      ...{ guard, resolve, roots },
      connectTimeoutMs: Math.min(connectTimeoutMs, timeoutMs),
    }
    const destination = new URL(`http://${hostPortText(server)}`)
    const plain = await openPlainSocket(destination, transport, context)
    destroyOnAbort(plain, signal)
    const socket =
      secureContext !== undefined && server.tls === 'implicit'
        ? await secure(plain, server.host, secureContext, signal, [])
        : plain
    // RFC 6066, section 3: no IP address, and no dot at the end.
    const servername = isIP(server.host) === 0 ? server.host.replace(/\.$/, '') : ''
    const tls = { secureContext, servername, host: server.host, rejectUnauthorized: true }
    return sendOver({ socket, tls, timeoutMs }, message, bytes, library, progress)
  }

  return {
    async send(message, transport): Promise<MailSent | MailRefusal | TransportFailure> {
      // Where its files cannot be read, this rejects: the relay is at fault, and not the server.
      await loadLibrary()
      const progress: Progress = { mayHaveArrived: false }
      const controller = new AbortController()
      const { timeoutMs } = transport
      const late = new ConnectError('timeout', `the server did not answer within ${timeoutMs} ms`)
      const timer = setTimeout(() => controller.abort(late), Math.min(timeoutMs, MAX_TIMER_MS))
      try {
        return await deliver(message, transport, controller.signal, progress)
      } catch (error) {
        const cause = controller.signal.aborted ? late : error
        return judgeError(cause, progress.mayHaveArrived)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** The longest delay of a timer in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1
