import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { FunctionName } from '../../lib/function-names.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { awsRelay, configBody } from './aws-relay.ts'
import { pollOnce, type SqsHandler } from './event-source-mapping.ts'
import { buildFunctions, type FunctionBundles } from './function-bundles.ts'
import { type FunctionProcess, type StartFunction, startFunction } from './function-process.ts'
import { type HttpApiRequest, httpApiEvent } from './http-api-event.ts'
import { type SinkAnswers, startSink } from './recording-sink.ts'
import { waitFor } from './wait-for.ts'

/** The token of the cluster `prod`. */
export const TOKEN = 'a-token'

/** Bundling takes seconds, and on a busy machine many. */
const BUNDLED_WITHIN_MS = 180_000

const BEARER = { authorization: `Bearer ${TOKEN}` }

/** Runs the relay of a test file from its bundles, each in a process of its own. */
export function bundledRelay(startProcess: StartFunction = startFunction) {
  const { open } = awsRelay()
  let bundles: FunctionBundles
  beforeAll(() => {
    bundles = buildFunctions()
  }, BUNDLED_WITHIN_MS)
  afterAll(() => bundles.remove())

  /** What its functions write must be JSON lines and nothing else. */
  const start = async () => {
    const relay = await open()
    await relay.setTokens('prod', [TOKEN])
    return { relay, ...functionsOn(relay, (name) => bundles.folderOf(name)) }
  }

  /** The relay's functions, from the folders of these bundles. */
  const functionsOn = (relay: Relay, folderOf: (name: FunctionName) => string) => {
    const functionOf = functionsBy((name) =>
      startProcess(folderOf(name), bundles.environmentOf(name, relay)),
    )
    return { functionOf, ...sender(functionOf), ...queues(relay, functionOf) }
  }

  return {
    bundles: () => bundles,
    start,
    functionsOn,
    /** With a configuration that posts everything of `prod` to `/hook` of a sink. */
    async startDelivering(answers: SinkAnswers) {
      const [bundled, sink] = [await start(), await startSink(answers)]
      await bundled.relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
      expect(await bundled.put(configBody(Date.now()))).toMatchObject({ statusCode: 200 })
      return { ...bundled, sink }
    },
  }
}

type FunctionOf = (name: FunctionName) => FunctionProcess

/** Starts each function when it is first used. */
function functionsBy(startFunction: FunctionOf): FunctionOf {
  const functions = new Map<FunctionName, FunctionProcess>()
  onTestFinished(async () => {
    for (const running of functions.values()) await running.end()
  })
  return (name) => {
    const running = functions.get(name) ?? startFunction(name)
    functions.set(name, running)
    return running
  }
}

/** A sender's requests, as API Gateway hands them on. */
function sender(functionOf: FunctionOf) {
  const request = (changes: Partial<HttpApiRequest>) => {
    const common = { method: 'POST', resource: 'events', cluster: 'prod', headers: BEARER } as const
    const event = httpApiEvent({ ...common, ...changes })
    return functionOf(changes.resource === 'config' ? 'reconcile-config' : 'ingest').invoke(event)
  }
  return {
    post: (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
      request({ body, headers: { ...BEARER, ...headers } }),
    postSigned: (body: string, hex: string) =>
      request({ body, headers: { 'x-signature': `sha256=${hex}` } }),
    put: (body: string, headers = BEARER) =>
      request({ method: 'PUT', resource: 'config', body, headers }),
  }
}

type Relay = Awaited<ReturnType<ReturnType<typeof awsRelay>['open']>>

function queues({ clients, ports }: Relay, functionOf: FunctionOf) {
  const dispatch: SqsHandler = (event, context) =>
    functionOf('dispatch').invoke(event, context.getRemainingTimeInMillis()) as never
  /** One round of the poller of a queue. */
  const poll = (queueUrl: string) => pollOnce(clients.sqs, queueUrl, dispatch)
  return {
    poll,
    /** Polls until one message came, which must not fail. */
    pollOne: (queueUrl: string) =>
      waitFor(async () => {
        const { records, failed } = await poll(queueUrl)
        expect([records.length, failed]).toEqual([1, []])
      }),
    /** What the ledger has with this outcome, which must be something. */
    deliveries: (outcome: Outcome) =>
      waitFor(async () => {
        const { records } = await ports.ledger.list({ cluster: 'prod', outcome }, 10)
        expect(records).not.toEqual([])
        return records
      }),
  }
}
