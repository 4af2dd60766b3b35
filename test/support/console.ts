import { type EmbeddedConsoleParts, embeddedConsole } from '../../hosts/embedded/console.ts'
import { createDeliveryFeed } from '../../hosts/embedded/delivery-feed.ts'
import type { Tokens } from '../../hosts/embedded/tokens.ts'
import type { FailingDestination } from '../../relay/pipeline/destinations/destinations.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import type { KnownCluster, NotTaken } from '../../relay/ports/clusters.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { type Reply, startRelay } from './embedded-server.ts'
import { MemoryOutcomeCounts } from './memory-outcome-counts.ts'
import { memoryPorts } from './memory-ports.ts'

/** What the host tells of clusters and destinations. */
interface Told {
  readonly clusters: readonly KnownCluster[]
  /** What came from no known cluster. */
  readonly strangers: readonly NotTaken[]
  readonly failing: readonly FailingDestination[]
  /** How many deliveries wait for each destination. */
  readonly waiting: number
}

/** Stores in the place of those in memory. */
type OtherStores = Partial<
  Pick<Ports, 'ledger' | 'configs'> & Pick<EmbeddedConsoleParts, 'history' | 'counts'>
>

/** The console of a relay over stores in memory; its server is closed when the test is over. */
export async function startConsole(
  tokens?: Tokens,
  told: Partial<Told> = {},
  { ledger, configs, ...others }: OtherStores = {},
) {
  const ports = memoryPorts()
  const counts = new MemoryOutcomeCounts()
  const feed = createDeliveryFeed()
  const current = { tokens }
  const failures: unknown[] = []
  const moreRoutes = embeddedConsole({
    ports: { ...ports, ...(ledger && { ledger }), ...(configs && { configs }) },
    history: ports.configs,
    clusters: {
      list: async () => told.clusters ?? [],
      unknownSenders: () => told.strangers ?? [],
    },
    counts,
    destinations: { failing: () => told.failing ?? [] },
    waiting: { countWaiting: async () => told.waiting ?? 0 },
    feed,
    runTest: createDispatcher(ports, { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 })
      .dispatchTest,
    tokens: () => current.tokens,
    explaining: { noCrossNamespaceRefs: false },
    log: { info: () => undefined, error: (fields: unknown) => void failures.push(fields) },
    ...others,
  })
  const relay = await startRelay({ ports, moreRoutes, ...(tokens && { tokens }) })
  const origin = `http://127.0.0.1:${relay.server.port}`
  return {
    ...relay,
    ports,
    counts,
    current,
    feed,
    /** Tells the readers of the HTTP interface, as `feed` does those of the console. */
    streamFeed: relay.feed,
    failures,
    origin,
    get: (path: string, cookie = '') => relay.call('GET', path, { headers: { Cookie: cookie } }),
    /** Posts a form as a browser does from a page of the console. */
    post: (
      path: string,
      form: Readonly<Record<string, string>> | URLSearchParams,
      headers = {},
    ): Promise<Reply> =>
      relay.call('POST', path, {
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Origin: origin,
          'Sec-Fetch-Site': 'same-origin',
          ...headers,
        },
        body: new URLSearchParams(form).toString(),
      }),
  }
}
