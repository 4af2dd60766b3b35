import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import type { ServerDependencies } from '../../hosts/embedded/app.ts'
import { configurationsInTurns } from '../../hosts/embedded/configurations/configurations.ts'
import { createDeliveryFeed, type RunningDeliveryFeed } from '../../hosts/embedded/delivery-feed.ts'
import { createEcho } from '../../hosts/embedded/echo.ts'
import {
  type ClusterSources,
  createKnownClusters,
  tokenCounts,
} from '../../hosts/embedded/known-clusters.ts'
import { createMetrics } from '../../hosts/embedded/metrics.ts'
import { createNotTakenCounts } from '../../hosts/embedded/not-taken-counts.ts'
import { createServer } from '../../hosts/embedded/server.ts'
import { createSpools } from '../../hosts/embedded/spools.ts'
import type { Tokens } from '../../hosts/embedded/tokens.ts'
import { createTurnGate } from '../../hosts/embedded/turn-gate.ts'
import type { RunningServer, ServerLimits } from '../../hosts/kit/http-server.ts'
import { createLog } from '../../hosts/kit/log.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { MemoryOutcomeCounts } from './memory-outcome-counts.ts'
import { MemoryConfigStore, MemoryLedger, type MemoryPorts, memoryPorts } from './memory-ports.ts'

export const OPERATOR = 'operator-token-1'
/** The token of vic, who may read only. */
export const VIEWER = 'viewer-token-1'
export const PROD = 'prod-token-1'

export const TOKENS: Tokens = {
  operators: [
    { role: 'operator', tokens: [OPERATOR] },
    { name: 'ann', role: 'operator', tokens: ['operator-token-2'] },
    { name: 'vic', role: 'viewer', tokens: [VIEWER] },
  ],
  clusters: new Map([
    ['prod', [PROD, 'prod:token:2']],
    ['staging', ['staging-token']],
  ]),
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body's JSON; undefined when it is none. */
  readonly json: unknown
}

export interface Call {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

/** The embedded server on a free port, over ports in memory; closed when the test is over. */
export interface ServerUnderTest {
  readonly server: RunningServer
  readonly ports: MemoryPorts
  readonly deps: ServerDependencies
  readonly feed: RunningDeliveryFeed
  /** What was logged, as JSON lines. */
  logged(): string
  call(method: string, path: string, call?: Call): Promise<Reply>
}

const TEST_RULES = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 } as const

export async function startRelay(
  changes: Partial<ServerDependencies> = {},
  limits: Partial<ServerLimits> = {},
): Promise<ServerUnderTest> {
  const ports = memoryPorts()
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const gate = createTurnGate()
  const feed = createDeliveryFeed()
  ports.ledger.onStored = feed.changed
  const notTaken = createNotTakenCounts(ports.clock)
  const spools = createSpools(ports.clock)
  const deps: ServerDependencies = {
    ports,
    configurations: configurationsInTurns(ports, gate, {
      noCrossNamespaceRefs: changes.explaining?.noCrossNamespaceRefs ?? false,
    }),
    clusters: clustersOf(changes.ports ?? ports, () => tokenCounts(deps.tokens), {
      notTaken,
      spools,
    }),
    notTaken,
    spools,
    history: ports.configs,
    destinations: { review: () => undefined, failing: () => [] },
    counts: new MemoryOutcomeCounts(),
    waiting: { countWaiting: async () => 0 },
    secretWriter: ports.secrets,
    quarantine: ports.quarantine,
    feed,
    runTest: createDispatcher(ports, TEST_RULES).dispatchTest,
    cluster: 'local',
    tokens: undefined,
    echo: createEcho(ports.clock),
    gate,
    metrics: createMetrics({
      queueDepth: async () => ({ events: 0, retries: 0 }),
      quarantineDepth: async () => ({ messages: { event: 0, retry: 0 }, bytes: 0 }),
      clock: ports.clock,
    }),
    log: await createLog({ pretty: false, level: 'debug', destination }),
    ready: () => undefined,
    explaining: { noCrossNamespaceRefs: false },
    ownsConfig: (cluster) => cluster === 'local',
    ...changes,
  }
  const server = await createServer(deps, limits).listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close(0))
  return {
    server,
    ports,
    deps,
    feed,
    logged: () => lines.join(''),
    call: (method, path, call = {}) => send(server.port, method, path, call),
  }
}

/** The clusters of ports in memory. */
function clustersOf(
  { configs, ledger }: Ports,
  admitted: ClusterSources['admitted'],
  told: Pick<ClusterSources, 'notTaken' | 'spools'>,
) {
  if (!(configs instanceof MemoryConfigStore && ledger instanceof MemoryLedger)) {
    return { list: async () => [] }
  }
  return createKnownClusters({
    admitted,
    ...told,
    isObserved: () => false,
    configurations: () => configs.summaries(),
    earlierEvents: () => ledger.latestAccepted(),
    isServed: () => true,
  })
}

function send(port: number, method: string, path: string, { headers, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: headers ?? {}, agent: false }
    const outgoing = request(options, (response) => {
      const chunks: Uint8Array[] = []
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode = 0, headers: answered } = response
        resolve({ status: statusCode, headers: answered, text, json: jsonOf(text) })
      })
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes bytes to the server and resolves with all that it says until it closes. */
export function speak(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const chunks: Uint8Array[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

/** `Authorization: Bearer`. */
export function bearer(token: string): OutgoingHttpHeaders {
  return { Authorization: `Bearer ${token}` }
}

/** Expects a problem document of this status, with this text in its `detail`. */
export function expectProblem(reply: Reply, status: number, detail: string): void {
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.status).toBe(status)
  expect(reply.json).toMatchObject({
    type: expect.stringMatching(/^[a-z-]+$/),
    status,
    detail: expect.stringContaining(detail),
  })
}
