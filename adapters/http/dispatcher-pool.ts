import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { ConnectionOptions } from '../../relay/ports.ts'
import { type ConnectorContext, createConnector } from './connector.ts'

/** Bounds of what is kept open. */
export interface DispatcherPoolOptions extends ConnectorContext {
  /** Most connections, so most requests at once, per destination; further ones wait. */
  readonly connectionsPerOrigin: number
  /** Most pools kept; the least recently used one closes when its requests are done. */
  readonly maxPools: number
}

/** Keep-alive pools, one per origin, certificates and proxy. */
export interface DispatcherPool {
  /** Throws a `ConnectError` for certificates or a proxy URL that cannot be used. */
  get(destination: URL, transport: ConnectionOptions): Pick<Dispatcher, 'dispatch'>
  /** Destroys all connections, also those in use. */
  destroy(): Promise<void>
}

interface Entry {
  readonly pool: InstanceType<typeof Pool>
  readonly destroy: () => Promise<void>
}

export function createDispatcherPool(options: DispatcherPoolOptions): DispatcherPool {
  // In order of use: the first is the one unused for longest.
  const live = new Map<string, Entry>()
  const retiring = new Set<Entry>()

  function evictBeyondBound(): void {
    for (const [key, entry] of live) {
      if (live.size <= options.maxPools) return
      live.delete(key)
      retiring.add(entry)
      void entry.pool.close().finally(() => retiring.delete(entry))
    }
  }

  return {
    get(destination, transport) {
      const key = keyOf(destination, transport)
      const entry = live.get(key) ?? createEntry(destination, transport, options)
      live.delete(key)
      live.set(key, entry)
      evictBeyondBound()
      return entry.pool
    },
    async destroy() {
      const entries = [...live.values(), ...retiring]
      live.clear()
      await Promise.all(entries.map((entry) => entry.destroy()))
    },
  }
}

/** A hash, so that no key or password is kept longer than its pool needs it. */
function keyOf({ origin }: URL, { tls = {}, proxyUrl }: ConnectionOptions): string {
  const parts = [origin, tls.ca, tls.cert, tls.key, proxyUrl].map((part) => part ?? null)
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64')
}

function createEntry(
  destination: URL,
  transport: ConnectionOptions,
  options: DispatcherPoolOptions,
): Entry {
  const connector = createConnector(destination, transport, options)
  const pool = new Pool(destination.origin, {
    connect: connector.connect,
    connections: options.connectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    // The deadline of each exchange bounds these.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const destroy = () => {
    connector.abandon()
    return pool.destroy()
  }
  return { pool, destroy }
}
