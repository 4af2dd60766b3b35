import type { TransportOptions } from '../../relay/ports/http.ts'
import type { NatsPublisher } from '../../relay/ports/nats.ts'
import { createAddressGuard } from '../http/address-guard.ts'
import type { ConnectionOptions } from '../http/connection-options.ts'
import { ConnectError, codeOf, failureOf } from '../http/failure.ts'
import { resolveBySystem } from '../http/guarded-lookup.ts'
import { startDeadlines } from './deadlines.ts'
import { loadLibrary } from './library.ts'
import { openLink } from './link.ts'
import { publishOver } from './publish-over.ts'
import { parseServerAddress } from './server-address.ts'

/**
 * Publishes to NATS servers through the address guard and the Provider's proxy, each message over a
 * connection of its own. Throws when an option is not valid.
 */
export function createNatsPublisher(options: ConnectionOptions): NatsPublisher {
  const guard = createAddressGuard(options)
  const { resolve = resolveBySystem, roots, connectTimeoutMs = 5_000 } = options

  async function connectAndPublish(
    message: Parameters<NatsPublisher['publish']>[0],
    transport: TransportOptions,
    { signal, connectMs, connected }: ReturnType<typeof startDeadlines>,
  ): ReturnType<NatsPublisher['publish']> {
    const library = await loadLibrary()
    const authenticator = library.authenticatorOf(message.credentials)
    if (authenticator === undefined) {
      const detail =
        'the NKey seed or the creds of the Secret are not valid: their checksum is wrong'
      return { kind: 'refused', cause: 'credentials', detail }
    }
    const takesAnswers = message.storeOnceAs !== undefined
    const context = {
      ...{ guard, resolve, roots, signal, takesAnswers },
      connectTimeoutMs: connectMs,
    }
    const link = await openLink(parseServerAddress(message), transport, context)
    connected()
    try {
      return await publishOver(link, message, library, authenticator)
    } finally {
      link.close()
    }
  }

  return {
    async publish(message, transport) {
      // Where its files cannot be read, this rejects: the relay is at fault, and not the server.
      await loadLibrary()
      const missing =
        message.storeOnceAs === undefined
          ? 'the server did not answer'
          : 'no stream of JetStream acknowledged the message'
      const deadlines = startDeadlines(transport.timeoutMs, connectTimeoutMs, missing)
      try {
        return await connectAndPublish(message, transport, deadlines)
      } catch (error) {
        if (isOfTheNetwork(error)) return failureOf(error, false)
        throw error
      } finally {
        deadlines.stop()
      }
    },
  }
}

function isOfTheNetwork(error: unknown): boolean {
  return error instanceof ConnectError || codeOf(error) !== 'unknown'
}
