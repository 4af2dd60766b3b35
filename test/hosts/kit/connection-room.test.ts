import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { RefusedConnections } from '../../../hosts/kit/connection-room.ts'
import { createHttpServer, urlOf } from '../../../hosts/kit/http-server.ts'

const HOST = '127.0.0.1'

async function startBounded(mostConnections: number) {
  const told: RefusedConnections[] = []
  const edge = {
    handle: async () => ({ status: 200, headers: {}, body: '' }),
    misaddressed: () => ({ status: 400, headers: {}, body: '' }),
    unsent: () => undefined,
  }
  const server = createHttpServer(edge, { mostConnections }, (refused) => told.push(refused))
  const { port, close } = await server.listen({ port: 0, host: HOST })
  onTestFinished(() => close(0))
  return { port, told }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, HOST)
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

it('closes a connection beyond at once, and says so once', async () => {
  const { port, told } = await startBounded(2)
  const first = await open(port)
  await open(port)
  for (const beyond of [await open(port), await open(port)]) await once(beyond, 'close')
  expect(told).toEqual([{ mostConnections: 2, refused: 1, address: HOST }])
  expect(first.destroyed).toBe(false)
})

it('takes another one as soon as one is closed', async () => {
  const { port } = await startBounded(1)
  const first = await open(port)
  await expect(fetch(urlOf({ host: HOST, port }))).rejects.toThrow()
  first.destroy()
  await expect.poll(async () => (await fetch(urlOf({ host: HOST, port }))).status).toBe(200)
})
