import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'

/** A moment since which connections were refused, as a server is open to no more. */
export interface RefusedConnections {
  /** The most connections that the server takes. */
  readonly mostConnections: number
  /** The connections that were refused since it was last told. */
  readonly refused: number
  /** The address of the peer that was refused last, where it is known. */
  readonly address?: string | undefined
}

export type OnRefused = (connections: RefusedConnections) => void

/** What a log says of them. */
export const CONNECTIONS_REFUSED =
  'connections refused: as many are open as this process takes; their senders have to try again'

/** So often at most it is told that connections are refused. */
const TELL_INTERVAL_MS = 60_000

/**
 * Lets a server have so many connections open at most, and never more than half of the files that the process may have
 * open: the rest is for databases, manifests and what is sent. A connection beyond is closed at once.
 */
export function boundConnections(server: Server, most: number, onRefused: OnRefused): void {
  const mostConnections = Math.max(1, Math.min(most, Math.floor(mostOpenFiles() / 2)))
  server.maxConnections = mostConnections
  let toldAt = Number.NEGATIVE_INFINITY
  let refused = 0
  server.on('drop', (dropped) => {
    refused += 1
    const now = performance.now()
    if (now - toldAt < TELL_INTERVAL_MS) return
    onRefused({ mostConnections, refused, address: dropped?.remoteAddress })
    toldAt = now
    refused = 0
  })
}

/** Where Linux tells the limits of this process. Node's own report of them waits for all threads, such as for a long query. */
const LIMITS_FILE = '/proc/self/limits'

/** How many files and sockets this process may have open; infinite without a limit, and on another system. */
function mostOpenFiles(): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(limitsText()) ?? []
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
}

function limitsText(): string {
  try {
    return readFileSync(LIMITS_FILE, 'utf8')
  } catch {
    return ''
  }
}
