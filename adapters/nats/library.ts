import type { Authenticator, MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import type { NatsCredentials } from '../../relay/ports/nats.ts'
import { loadOnce } from '../load-once.ts'
import type { Link } from './link.ts'
import { type LinkOptions, LinkTransport } from './link-transport.ts'

/** The parts that need the NATS library. */
export interface NatsLibrary {
  /** The authenticator for credentials; undefined when a seed or a `.creds` text is not valid. */
  authenticatorOf(credentials: NatsCredentials): Authenticator | undefined
  /** Connects the library over an open connection. */
  connect(link: Link, authenticator: Authenticator): Promise<NatsConnection>
  /** Makes a subject for the answer to one message. */
  createInbox(): string
  /** Makes the headers of a message that a stream stores once under this id. */
  messageIdHeaders(id: string): MsgHdrs
}

/** The library's own timeout in milliseconds. Whoever opened the link closes it sooner. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** Loads the library when it is needed, since most relays never publish to NATS. Rejects while its files cannot be read. */
export const loadLibrary = loadOnce(load)

async function load(): Promise<NatsLibrary> {
  const [{ NatsConnectionImpl, createInbox, headers, setTransportFactory }, { authenticatorOf }] =
    await Promise.all([import('@nats-io/nats-core/internal'), import('./authenticator.ts')])
  setTransportFactory({ factory: () => new LinkTransport() })
  return {
    authenticatorOf,
    createInbox: () => createInbox(),
    messageIdHeaders(id) {
      const made = headers()
      made.set('Nats-Msg-Id', id)
      return made
    },
    connect: (link, authenticator) => {
      const options: LinkOptions = {
        link,
        authenticator,
        name: 'flux-relay',
        // Of no effect, since the link is open; the library wants one.
        servers: 'nats.invalid',
        timeout: NO_TIMEOUT_MS,
        reconnect: false,
        ignoreClusterUpdates: true,
      }
      return NatsConnectionImpl.connect(options)
    },
  }
}
