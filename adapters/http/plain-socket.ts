import type { Socket } from 'node:net'
import type { TransportOptions } from '../../relay/ports/http.ts'
import { type ConnectorContext, createConnector } from './connector.ts'

/**
 * Opens a plain connection, through the address guard and the Provider's proxy, for a protocol other than HTTP. Of
 * `destination`, an `http:` URL, only host and port matter. Rejects with `ConnectError`.
 */
export function openPlainSocket(
  destination: URL,
  transport: TransportOptions,
  context: ConnectorContext,
): Promise<Socket> {
  const connector = createConnector(destination, transport, context)
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, protocol, port } = destination
  connector.connect({ hostname, protocol, port }, (error, socket) =>
    socket === null ? reject(error) : resolve(socket),
  )
  return promise
}

/** Destroys the connection when the signal is aborted, whose reason is the error. */
export function destroyOnAbort(socket: Socket, signal: AbortSignal): void {
  const abort = () => socket.destroy(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  socket.once('close', () => signal.removeEventListener('abort', abort))
}
