import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The connections of a server. */
export interface Connections {
  /**
   * Resolves once all is read that came by connections whose peers have ended, however late the
   * machine lets this process read. Those of peers that still run must not be there.
   */
  drained(): Promise<void>
  destroyAll(): void
}

/** Follows the connections of a server from before it listens. */
export function followConnections(server: Server): Connections {
  const open = new Set<Socket>()
  const reading = new Set<Socket>()
  const accepted = new Set<number | undefined>()
  let changed = Promise.withResolvers<void>()
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const ended = (socket: Socket) => {
    reading.delete(socket)
    change()
  }
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    reading.add(socket)
    accepted.add(socket.remotePort)
    socket.on('end', () => ended(socket))
    socket.on('close', () => {
      open.delete(socket)
      ended(socket)
    })
    socket.on('error', () => undefined)
    change()
  })
  const until = async (holds: () => boolean) => {
    while (!holds()) await changed.promise
  }
  return {
    async drained() {
      // Connections are accepted in the order in which they were made.
      const last = connect((server.address() as AddressInfo).port, '127.0.0.1')
      last.on('error', () => undefined)
      last.on('connect', change)
      last.on('close', change)
      // The server may reset it, which it does to what it has accepted.
      await until(() => last.destroyed || accepted.has(last.localPort))
      last.destroy()
      await until(() => reading.size === 0)
      await nextTurn()
    },
    destroyAll() {
      for (const socket of open) socket.destroy()
    },
  }
}
