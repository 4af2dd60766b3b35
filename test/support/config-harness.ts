import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { type ConfigUpload, startConfigUpload } from '../../hosts/shipper/config/config-upload.ts'
import { type ConfigWatch, startConfigWatch } from '../../hosts/shipper/config/config-watch.ts'
import { createWriteBack } from '../../hosts/shipper/config/write-back.ts'
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../hosts/shipper/kubernetes/client.ts'
import type { ConfigMemory } from '../../hosts/shipper/spool/config-memory.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'
import { PROD, type ServerUnderTest, startRelay } from './embedded-server.ts'
import { testClient } from './http-client.ts'
import type { TestCluster } from './kubernetes/cluster.ts'
import { START } from './manual-clock.ts'
import { tokenFileOf } from './shipper-process.ts'
import { VirtualTime } from './virtual-time.ts'
import { waitFor } from './wait-for.ts'

/** A set as it was put. */
export interface PutSet {
  /** RFC 3339. */
  readonly takenAt: string
  readonly alerts: readonly Manifest[]
  readonly providers: readonly Manifest[]
}

interface Manifest {
  readonly apiVersion: string
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string }
  readonly [field: string]: unknown
}

type Answer = HttpResponse | TransportFailure
/** Answers a put; the relay does where it gives nothing. */
type Answering = (set: PutSet, request: OutboundRequest) => Answer | undefined

export interface ConfigRun {
  readonly watch: ConfigWatch
  readonly upload: ConfigUpload
  readonly client: KubernetesClient
  readonly relay: ServerUnderTest
  readonly time: VirtualTime
  readonly memory: { takenAt: number | undefined }
  readonly puts: readonly PutSet[]
  /** What observers were told: `served Alert notification.toolkit.fluxcd.io/v1beta3`. */
  readonly said: readonly string[]
  readonly tokenFile: string
  /** Lets short waits pass until so many puts in all are answered. */
  answered(count: number): Promise<void>
  /** Waits until the next put is ten minutes away. */
  resting(): Promise<void>
  stop(): void
}

export interface ConfigRunOptions {
  readonly answer?: Answering
  /** Called before the answer to a put arrives. */
  readonly answered?: () => Promise<void>
  readonly time?: VirtualTime
  readonly memory?: { takenAt: number | undefined }
  readonly relay?: ServerUnderTest
}

/** Between two puts, or two looks for a kind; shorter waits are for quiet and for repeats. */
const LONG_MS = 60_000
const INTERVAL_MS = 600_000

/** A client of a test's cluster, closed when the test is over. */
export function clientOf({ url, tokenFile, ca }: TestCluster): KubernetesClient {
  const connection = { url, tokenFile, ...(ca !== undefined && { ca }) }
  const client = createKubernetesClient({ ...connection, userAgent: 'flux-relay/test' })
  onTestFinished(() => client.close())
  return client
}

/** The configuration's part of a shipper at work, between a cluster and an embedded relay. */
export async function runConfig(
  cluster: TestCluster,
  options: ConfigRunOptions = {},
): Promise<ConfigRun> {
  const { time = new VirtualTime(), memory = { takenAt: undefined }, answer } = options
  const relay =
    options.relay ??
    (await startRelay({
      tokens: { operators: [], clusters: new Map([['prod', [PROD]]]) },
    }))
  const client = clientOf(cluster)
  const puts: PutSet[] = []
  const said: string[] = []
  let answered = 0
  const http = testClient()
  const tokenFile = tokenFileOf(PROD)
  const watch = startConfigWatch({
    ...{ client, wait: time.wait },
    random: () => 0,
    observer: {
      served: (kind, apiVersion) => said.push(`served ${kind} ${apiVersion}`),
      absent: (kind) => said.push(`absent ${kind}`),
      watchFailed: (kind, error) => said.push(`watch failed ${kind}: ${textOf(error)}`),
      watchRecovered: (kind) => said.push(`watch recovered ${kind}`),
    },
  })
  const writeBack = createWriteBack({
    ...{ watch, client, clock: time, wait: time.wait },
    observer: {
      writeBackFailed: (object, error) => said.push(`not written ${object}: ${textOf(error)}`),
    },
  })
  const upload = startConfigUpload({
    ...{ watch, clock: time, wait: time.wait },
    onResults: (results) => writeBack.show(results),
    http: {
      async send(request, transport) {
        const set = setOf(request)
        puts.push(set)
        // The relay's clock is right, whatever that of the shipper is.
        relay.ports.clock.set(START + time.elapsed())
        const given = answer?.(set, request) ?? (await http.send(request, transport))
        await options.answered?.()
        answered += 1
        return given
      },
    },
    relay: {
      url: `http://127.0.0.1:${relay.server.port}/v1/clusters/prod/config`,
      tokenFile,
      transport: { timeoutMs: 10_000 },
    },
    memory: memoryOf(memory),
    observer: {
      uploaded: ({ alerts, providers, notReady }) =>
        said.push(`uploaded ${alerts} ${providers} ${notReady}`),
      uploadFailed: ({ reason }) => said.push(`failed ${reason}`),
      overtaken: () => said.push('overtaken'),
      uploadRefused: (detail) => said.push(`refused ${detail}`),
      memoryFailed: (error) => said.push(`memory failed ${textOf(error)}`),
    },
  })
  const stop = () => {
    for (const part of [upload, writeBack, watch]) part.stop()
  }
  onTestFinished(stop)
  return {
    ...{ watch, upload, client, relay, time, memory, puts, said, tokenFile, stop },
    resting: () =>
      waitFor(() => {
        if (!time.waits.includes(INTERVAL_MS)) throw new Error(`${time.waits}`)
      }),
    answered: (count) =>
      waitFor(async () => {
        const [next = Number.POSITIVE_INFINITY] = time.waits
        if (answered < count && next < LONG_MS) await time.pass(next)
        if (answered !== count) throw new Error(`${answered} of ${count}: ${said.join('; ')}`)
      }),
  }
}

function memoryOf(memory: { takenAt: number | undefined }): ConfigMemory {
  return {
    lastTakenAt: () => memory.takenAt,
    async remember(takenAt) {
      memory.takenAt = takenAt
    },
  }
}

function setOf({ body }: OutboundRequest): PutSet {
  return JSON.parse(gunzipSync(body).toString()) as PutSet
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
