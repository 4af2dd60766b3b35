import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { onLines, readFirstLine } from '../../../adapters/nats/socket-lines.ts'
import { startServer } from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A connection, and the server's end of it. */
async function connection(): Promise<{ client: Socket; server: Socket }> {
  const accepted = Promise.withResolvers<Socket>()
  const { port } = await startServer(accepted.resolve)
  const client = connect(port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  return { client, server: await accepted.promise }
}

it('reads the first line in pieces, and leaves what follows to the next reader', async () => {
  const { client, server } = await connection()
  const line = readFirstLine(client)
  server.write('INFO ')
  server.write('{}\r\nPING\r\n+O')
  expect(await line).toBe('INFO {}')
  const lines: string[] = []
  const onLine = (text: string) => lines.push(text) * 0
  onLines(client, { onLine, onPayload: () => undefined, onClosed: () => undefined })
  server.write('K\n')
  await waitFor(() => expect(lines).toEqual(['PING', '+OK']))
})

it('does not wait for a server that says nothing', async () => {
  const { client } = await connection()
  expect(await readFirstLine(client, 5)).toBeUndefined()
})

it('waits for the end of a line that has begun', async () => {
  const { client, server } = await connection()
  const line = readFirstLine(client, 200)
  const begun = new Promise((resolve) => client.once('readable', resolve))
  server.write('INFO {')
  await begun
  const silent = new Promise((resolve) => setTimeout(resolve, 300, 'silent'))
  expect(await Promise.race([line, silent])).toBe('silent')
  server.write('}\n')
  expect(await line).toBe('INFO {}')
})

it.each([64 * 1024 + 1, 100_000])('refuses a first line of %i bytes', async (bytes) => {
  const { client, server } = await connection()
  server.write('x'.repeat(bytes))
  await expect(readFirstLine(client)).rejects.toThrow('a line of over 65536 bytes')
})

it('says that the server hung up before its first line', async () => {
  const { client, server } = await connection()
  const line = readFirstLine(client)
  server.end('INFO')
  await expect(line).rejects.toThrow('closed the connection before it sent its INFO')
})

it('gives the bytes that a line announces to another reader, whole and as they are', async () => {
  const { client, server } = await connection()
  const received: string[] = []
  const closed = new Promise<Error>((resolve) => {
    onLines(client, {
      onLine(text) {
        received.push(`line ${text}`)
        return text.startsWith('MSG') ? 6 : 0
      },
      onPayload: (bytes) => void received.push(`bytes ${bytes}`),
      onClosed: resolve,
    })
  })
  server.write('MSG 4\r\na\nb')
  await waitFor(() => expect(received).toHaveLength(1))
  server.write('c\r\nPONG\r\n')
  await waitFor(() => expect(received).toHaveLength(3))
  expect(received).toEqual(['line MSG 4', 'bytes a\nbc\r\n', 'line PONG'])
  server.end()
  expect((await closed).message).toBe('the server closed the connection')
})
