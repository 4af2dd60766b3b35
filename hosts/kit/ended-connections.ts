import type { Socket } from 'node:net'

/** By connections that this server ended, though the sender was there. */
const reasons = new WeakMap<Socket, string>()

/** Notes that this server ends a connection, and why: in the middle of a request its sender is not to blame. */
export function noteEnded(socket: Socket, reason: string): void {
  reasons.set(socket, reason)
}

/** Why this server ended a connection; undefined when it did not. */
export function whyEnded(socket: Socket): string | undefined {
  return reasons.get(socket)
}
