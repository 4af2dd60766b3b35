import type { Server } from 'node:net'
import { isJsonObject } from '../../relay/model/json-value.ts'

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

/** https://nodejs.org/api/process.html#processreportexcludenetwork, which the types of Node lack. */
type Report = typeof process.report & { excludeNetwork?: boolean }

/** How many files and sockets this process may have open; infinite where nobody knows, or without a limit. */
function mostOpenFiles(): number {
  const report: Report = process.report
  const { excludeNetwork = false } = report
  // The network would be asked for the names of all peers.
  report.excludeNetwork = true
  try {
    return softLimit(report.getReport())
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

function softLimit(report: unknown): number {
  const limits = isJsonObject(report) ? report.userLimits : undefined
  const files = isJsonObject(limits) ? limits.open_files : undefined
  const soft = isJsonObject(files) ? files.soft : undefined
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}
