import { describe, expect, it } from 'vitest'
import { createNatsPublisher } from '../../../adapters/nats/publisher.ts'
import { failure, PATIENT } from '../../support/http-client.ts'
import { type NatsServerOptions, startNatsServer } from '../../support/nats-server.ts'
import { startServer } from '../../support/servers.ts'

const publisher = createNatsPublisher({ allowPrivate: true })
const BODY = '{"message":"déployé 🚀"}'
const ID = 'a1b2c3d4'

function message(server: string, body = BODY) {
  return { server, subject: 'flux.events', body, credentials: {}, storeOnceAs: ID }
}

async function storeOn(options: NatsServerOptions, body?: string) {
  const server = await startNatsServer(options)
  const result = await publisher.publish(message(server.url, body), PATIENT)
  return { server, result }
}

/** What a stream answers that does not take a message. */
function error(code: number, number: number, description: string): NatsServerOptions {
  const refusal = { error: { code, err_code: number, description }, stream: 'EVENTS', seq: 0 }
  return { acknowledge: () => JSON.stringify(refusal) }
}

describe('a message that a stream has to store', () => {
  it('is published with its id, and is there once the stream says so', async () => {
    const { result, server } = await storeOn({
      acknowledge: () => '{"stream":"EVENTS","seq":17}',
    })
    expect(result).toEqual({
      kind: 'published',
      stored: { stream: 'EVENTS', sequence: 17, isDuplicate: false },
    })
    expect(server.messages).toEqual([
      { subject: 'flux.events', body: BODY, headers: ['NATS/1.0', `Nats-Msg-Id: ${ID}`] },
    ])
    expect(server.connects).toMatchObject([{ headers: true, no_responders: true }])
  })

  it('may be there already', async () => {
    const { result } = await storeOn({
      acknowledge: () => '{"stream":"EVENTS","seq":17,"duplicate":true}',
    })
    expect(result).toMatchObject({ stored: { sequence: 17, isDuplicate: true } })
  })

  it.each([
    [503, 10_077, 'maximum messages exceeded', 'unavailable'],
    [503, 10_077, 'maximum bytes exceeded', 'unavailable'],
    [503, 10_077, 'maximum messages per subject exceeded', 'unavailable'],
    [503, 10_023, 'insufficient resources', 'unavailable'],
    [500, 10_047, 'insufficient storage resources available', 'unavailable'],
    [400, 10_002, 'resource limits exceeded for account', 'unavailable'],
    [409, 10_158, 'duplicate message id is in process', 'unavailable'],
    [400, 10_054, 'message size exceeds maximum allowed', 'size'],
    [400, 10_109, 'invalid operation on sealed stream', 'message'],
  ])('is refused with %i %i: %s', async (code, number, description, cause) => {
    const { result } = await storeOn(error(code, number, description))
    const detail = `the stream EVENTS answered: ${description} (${number})`
    expect(result).toEqual({ kind: 'refused', cause, detail })
  })

  it.each([
    ['no stream', undefined, 'no stream of JetStream takes the subject flux.events'],
    ['something else', 'thanks', 'the message was answered, but not by a stream of JetStream'],
    ['a list', '[]', 'the message was answered, but not by a stream of JetStream'],
  ])('waits for a stream while there is %s', async (_, answer, detail) => {
    const { result } = await storeOn({ acknowledge: () => answer })
    expect(result).toEqual({ kind: 'refused', cause: 'unavailable', detail })
  })

  it.each([
    ['Permissions Violation for Publish to "flux.events"', 'permission'],
    ['Maximum Payload Violation', 'size'],
  ])('is refused by the server, which no stream hears of: %s', async (text, cause) => {
    const { result } = await storeOn({ judgeMessage: () => text })
    expect(result).toEqual({ kind: 'refused', cause, detail: `the server answered: ${text}` })
  })

  it('leaves room for its headers in what the server takes', async () => {
    const headerBytes = 'NATS/1.0\r\nNats-Msg-Id: a1b2c3d4\r\n\r\n'.length
    const options = { info: { max_payload: 1_000 }, acknowledge: () => '{"stream":"S","seq":1}' }
    const largest = 'x'.repeat(1_000 - headerBytes)
    expect((await storeOn(options, largest)).result).toMatchObject({ kind: 'published' })
    expect((await storeOn(options, `${largest}y`)).result).toMatchObject({
      kind: 'refused',
      cause: 'size',
      maxBytes: largest.length,
    })
  })

  it('needs a server that knows headers', async () => {
    const { result, server } = await storeOn({ info: { headers: false } })
    expect(result).toMatchObject({ kind: 'refused', cause: 'message' })
    expect(server.messages).toEqual([])
  })

  it('may be stored when no answer comes in time', async () => {
    const { port } = await startServer((socket) => {
      socket.write('INFO {"version":"2.12.1","headers":true}\r\n')
      socket.on('data', (data) => {
        if (data.includes('PING')) socket.write('PONG\r\n')
      })
    })
    const to = message(`nats://127.0.0.1:${port}`)
    expect(await publisher.publish(to, { timeoutMs: 2_000 })).toEqual({
      ...failure('timeout', true),
      detail: 'no stream of JetStream acknowledged the message within 2000 ms',
    })
  })

  it.each([
    ['65,537 bytes', 'MSG a 1 65537\r\n'],
    ['no number', 'MSG a 1 x\r\n'],
  ])('takes no answer of %s', async (_, line) => {
    const { port } = await startServer((socket) => {
      socket.write('INFO {"version":"2.12.1","headers":true}\r\n')
      socket.on('data', (data) => {
        if (data.includes('HPUB')) socket.write(line)
        else if (data.includes('PING')) socket.write('PONG\r\n')
      })
    })
    const result = await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)
    expect(result).toMatchObject(failure('protocol', true))
  })

  it('is acknowledged in pieces', async () => {
    const { port } = await startServer((socket) => {
      socket.write('INFO {"version":"2.12.1","headers":true}\r\n')
      socket.on('data', (data) => {
        const [, reply] = /HPUB flux\.events (\S+)/.exec(data.toString()) ?? []
        if (reply === undefined) return void (data.includes('PING') && socket.write('PONG\r\n'))
        socket.write('PONG\r\n')
        const pieces = [`MSG ${reply} 1 2`, '8\r', '\n{"stream":"A\\r\\nB","', 'seq":12}\r', '\n']
        const writeNext = () => {
          const piece = pieces.shift()
          if (piece !== undefined) socket.write(piece, () => setImmediate(writeNext))
        }
        writeNext()
      })
    })
    const result = await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)
    expect(result).toMatchObject({ stored: { stream: 'A\r\nB', sequence: 12 } })
  })
})
