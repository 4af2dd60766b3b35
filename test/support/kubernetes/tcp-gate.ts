import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A port on 127.0.0.1 that leads to another, until it is closed. */
export interface TcpGate {
  readonly port: number
  /** Cuts what is connected. */
  drop(): void
  /** Takes connections no more, on the same port, or again. */
  setOpen(isOpen: boolean): Promise<void>
  close(): Promise<void>
}

export async function openGate(targetPort: number): Promise<TcpGate> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [[client, target] as const, [target, client] as const]) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  const shut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    drop()
    await closed
  }
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address
  return {
    port,
    drop,
    setOpen: async (isOpen) => {
      if (!isOpen) await shut()
      else if (!server.listening) await listen(port)
    },
    close: shut,
  }
}

/** A port on 127.0.0.1 that nothing listens on now. */
export async function freePort(): Promise<number> {
  const gate = await openGate(0)
  await gate.close()
  return gate.port
}
