import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'
import { waitFor } from './wait-for.ts'

/** A real nats-server on 127.0.0.1, which is gone when the test is over. */
export interface NatsProcess {
  readonly port: number
  /** How many messages it has taken. */
  messages(): Promise<number>
}

/** Starts the server with these lines of configuration, and these files beside it. */
export async function startNatsProcess(
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<NatsProcess> {
  const directory = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const path = join(directory, 'nats.conf')
  writeFileSync(path, `listen: "127.0.0.1:-1"\nhttp: "127.0.0.1:-1"\n${config}\n`)
  const server = spawn(inject('natsServer'), ['-c', path], { cwd: directory })
  let log = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const exited = new Promise((resolve) => server.once('exit', resolve))
  onTestFinished(async () => {
    server.kill()
    await exited
  })
  const portOf = (pattern: RegExp) =>
    waitFor(() => {
      const port = Number(pattern.exec(log)?.[1])
      if (!port) throw new Error(`the server did not start: ${log}`)
      return port
    })
  const port = await portOf(/client connections on 127\.0\.0\.1:(\d+)/)
  const monitor = await portOf(/http monitor on 127\.0\.0\.1:(\d+)/)
  await waitFor(() => {
    if (!log.includes('Server is ready')) throw new Error(log)
  })
  return {
    port,
    async messages() {
      const response = await fetch(`http://127.0.0.1:${monitor}/varz`)
      return ((await response.json()) as { in_msgs: number }).in_msgs
    },
  }
}

/** What a subscriber without credentials gets from now on. */
export async function subscribe(port: number, subject: string): Promise<() => string> {
  let received = ''
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text
  })
  socket.write(`CONNECT {"verbose":false}\r\nSUB ${subject} 1\r\nPING\r\n`)
  await waitFor(() => {
    if (!received.includes('PONG')) throw new Error(received)
  })
  return () => received
}

/**
 * Creates a stream of JetStream.
 * https://docs.nats.io/reference/reference-protocols/nats_api_reference#streams
 */
export async function createStream(
  port: number,
  config: Readonly<Record<string, unknown>> & { readonly name: string },
): Promise<void> {
  const defaults = { retention: 'limits', storage: 'memory', num_replicas: 1 }
  const body = JSON.stringify({ ...defaults, ...config })
  const received = await subscribe(port, 'created')
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write('CONNECT {"verbose":false}\r\n')
  const subject = `$JS.API.STREAM.CREATE.${config.name}`
  socket.write(`PUB ${subject} created ${Buffer.byteLength(body)}\r\n${body}\r\n`)
  await waitFor(() => {
    if (!received().includes('"did_create":true')) throw new Error(received())
  })
}
