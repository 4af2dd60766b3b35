import type { Socket } from 'node:net'
import { ConnectError } from '../http/failure.ts'

/** An INFO names every server of a cluster, so it may be long. */
const MAX_LINE_BYTES = 64 * 1024

/**
 * Reads the first line that a server sends, and leaves what follows to the socket's next reader.
 * Rejects with a `ConnectError`, or with what destroyed the socket.
 */
export function readFirstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const settle = (then: () => void) => {
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
    const onEnd = () => settle(() => reject(closed()))
    socket.on('readable', read).on('error', reject).on('end', onEnd).on('close', onEnd)
    read()
  })
}

/** Hands on each line, and once why no more will come: an error of the socket's, or its end. */
export function onLines(
  socket: Socket,
  onLine: (line: string) => void,
  onClosed: (error: Error) => void,
): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      onLine(textOf(rest, start, end))
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > MAX_LINE_BYTES) socket.destroy(tooLong())
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
