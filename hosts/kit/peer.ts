import type { Socket } from 'node:net'

/** The IP address of who is at the other end; undefined when the connection has gone. */
export function peerOf({ remoteAddress }: Pick<Socket, 'remoteAddress'>): string | undefined {
  // A socket of both families writes an address of IPv4 so.
  return remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '')
}
