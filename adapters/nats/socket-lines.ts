import type { Socket } from 'node:net'
import { ConnectError } from '../http/failure.ts'

/** The longest line. An INFO names every server of a cluster, so it may be long. */
const MAX_LINE_BYTES = 64 * 1024

/**
 * Reads the first line that a server sends, and leaves the rest to the socket's next reader.
 * Undefined when nothing has come within `silenceMs`. Rejects with `ConnectError`, or with the
 * error that destroyed the socket.
 */
export function readFirstLine(socket: Socket, silenceMs?: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const listening = silenceMs === undefined ? undefined : setTimeout(onSilence, silenceMs)
    function onSilence() {
      if (bytes.length === 0) settle(() => resolve(undefined))
    }
    const settle = (then: () => void) => {
      clearTimeout(listening)
      socket.off('readable', read).off('error', reject).off('end', onEnd).off('close', onEnd)
      then()
    }
    const read = () => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\n')
      if (end < 0 && bytes.length > MAX_LINE_BYTES) return settle(() => reject(tooLong()))
      if (end < 0) return
      settle(() => resolve(textOf(bytes, 0, end)))
      if (end + 1 < bytes.length) socket.unshift(bytes.subarray(end + 1))
    }
    const onEnd = () => settle(() => reject(closedEarly()))
    socket.on('readable', read).on('error', reject).on('end', onEnd).on('close', onEnd)
    read()
  })
}

/** Receives what a server sends. */
export interface LineReader {
  /** Receives a line without its end, and returns how many bytes after it are not lines. */
  readonly onLine: (line: string) => number
  /** Receives those bytes. */
  readonly onPayload: (bytes: Buffer) => void
  /** Called once with the reason why no more will come: an error of the socket, or its end. */
  readonly onClosed: (error: Error) => void
}

/** Calls the reader for each line, and for the bytes that follow it. */
export function onLines(socket: Socket, { onLine, onPayload, onClosed }: LineReader): void {
  let rest: Buffer = Buffer.alloc(0)
  let payloadBytes = 0
  const takeNext = (): boolean => {
    const end = payloadBytes === 0 ? rest.indexOf('\n') : payloadBytes - 1
    if (end < 0 || end >= rest.length) return false
    const bytes = rest.subarray(0, end + 1)
    rest = rest.subarray(end + 1)
    if (payloadBytes === 0) {
      payloadBytes = onLine(textOf(bytes, 0, end))
    } else {
      payloadBytes = 0
      onPayload(bytes)
    }
    return true
  }
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (takeNext());
    if (payloadBytes === 0 && rest.length > MAX_LINE_BYTES) socket.destroy(tooLong())
  })
  let failure: Error = closed()
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => onClosed(failure))
  socket.on('end', () => socket.destroy())
  socket.resume()
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end).replace(/\r$/, '')
}

function tooLong(): ConnectError {
  return new ConnectError('protocol', `the server sent a line of over ${MAX_LINE_BYTES} bytes`)
}

function closed(): ConnectError {
  return new ConnectError('reset', 'the server closed the connection')
}

function closedEarly(): ConnectError {
  const advice = 'if it expects TLS first, write its address with tls://'
  const detail = `the server closed the connection before it sent its INFO; ${advice}`
  return new ConnectError('reset', detail)
}
