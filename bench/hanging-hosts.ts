import { createServer, type Server, type Socket } from 'node:net'

/** Hosts that take connections and never answer. */
export interface HangingHosts {
  readonly urls: readonly string[]
  close(): void
}

/** So many ports of this machine that never answer. */
export async function startHangingHosts(count: number): Promise<HangingHosts> {
  const sockets = new Set<Socket>()
  const servers = await Promise.all(Array.from({ length: count }, () => listen(sockets)))
  return {
    urls: servers.map(urlOf),
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listen(sockets: Set<Socket>): Promise<Server> {
  const server = createServer((socket) => {
    sockets.add(socket)
    // What is read counts as taken; a peer that gives up is no fault of ours.
    socket
      .on('close', () => sockets.delete(socket))
      .on('error', () => undefined)
      .resume()
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return `http://127.0.0.1:${address.port}/`
}
