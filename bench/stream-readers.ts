import { connect } from 'node:net'
import type { ServedProcess } from './processes.ts'

/** Clients that read a stream as fast as it comes. */
export interface StreamReaders {
  /** How many bytes each of them got since the last time that this was asked. */
  bytes(): readonly number[]
  close(): void
}

/** What comes is read into this and dropped, since what readers do on this machine is no cost of the relay. */
const DROPPED = Buffer.alloc(1024 * 1024)

/** Opens as many connections to a stream. Rejects when one of them is answered by anything but 200. */
export async function openReaders(
  { url }: Pick<ServedProcess, 'url'>,
  path: string,
  count: number,
): Promise<StreamReaders> {
  const readers = await Promise.all(Array.from({ length: count }, () => open(new URL(url), path)))
  return {
    bytes: () => readers.map((reader) => reader.take()),
    close() {
      for (const reader of readers) reader.close()
    },
  }
}

interface Reader {
  take(): number
  close(): void
}

function open({ host, hostname, port }: URL, path: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    let isOpen = false
    const take = () => {
      const taken = bytes
      bytes = 0
      return taken
    }
    const callback = (length: number) => {
      bytes += length
      if (isOpen) return true
      isOpen = true
      const begin = DROPPED.toString('latin1', 0, length)
      if (begin.startsWith('HTTP/1.1 200 ')) resolve({ take, close: () => socket.destroy() })
      else reject(new Error(`${path} was answered by ${begin.slice(0, 200)}`))
      return true
    }
    const onread = { buffer: DROPPED, callback }
    const socket = connect({ host: hostname, port: Number(port), onread })
    socket.on('error', reject)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  })
}
