import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { createSqsClient } from '../../adapters/aws/clients.ts'
import { localOptions } from '../../test/support/aws-endpoints.ts'
import { sqsRecord } from '../../test/support/event-source-mapping.ts'
import { httpApiEvent } from '../../test/support/http-api-event.ts'
import { scheduledEvent } from '../../test/support/scheduled-event.ts'
import { type ApiUse, billedMs, billOf, type FunctionUse, logBytes, total } from './bill.ts'
import type { Build } from './build.ts'
import { addCounts, newTally, type Tally } from './counts.ts'
import { type Deployment, deploy } from './deployment.ts'
import { sampleEvent } from './event.ts'
import { type MeteredFunction, startMeteredFunction } from './lambda.ts'
import { type MeteredServices, startMeteredServices } from './metered-services.ts'
import { MONTH_S, PRICES } from './prices.ts'
import { configOf, manyAlerts, SECRETS } from './sample-cluster.ts'
import { type SlowSink, startSlowSink } from './slow-sink.ts'

/** How a load is sent. */
export interface Load {
  readonly requests: number
  readonly eventsPerRequest: number
}

/** What the events of a load came to. */
export interface LoadResult {
  readonly events: number
  /** Dollars for a million of them, by what they are paid for. */
  readonly perMillion: Readonly<Record<string, number>>
  /** What of that is paid for the API and its log, which a URL of ingest takes no part of. */
  readonly apiPerMillion: number
  /** What of that is paid for waiting for the destination. */
  readonly sinkWaitPerMillion: number
  readonly counts: Tally
  readonly functions: Readonly<Record<string, object>>
}

const SINK_MS = 250
const MILLION = 1e6
const CONFIG_EVERY_S = 600

/** A build at work on doubles of the services. */
export class CostOfBuild {
  readonly #services: MeteredServices
  readonly #sink: SlowSink
  readonly #deployment: Deployment
  readonly #sqs: SQSClient
  readonly #running = new Map<string, MeteredFunction>()
  #counts = newTally()
  #token = ''
  #event = 0

  private constructor(services: MeteredServices, sink: SlowSink, deployment: Deployment) {
    this.#services = services
    this.#sink = sink
    this.#deployment = deployment
    this.#sqs = createSqsClient(localOptions(services.variables.AWS_ENDPOINT_URL_SQS ?? ''))
  }

  /** Deploys a build, and admits a cluster with five Providers, their Secrets and an Alert each. */
  static async open(build: Build): Promise<CostOfBuild> {
    const [services, sink] = [await startMeteredServices(), await startSlowSink()]
    const cost = new CostOfBuild(services, sink, await deploy(build, services))
    await cost.#admit()
    return cost
  }

  async #admit(): Promise<void> {
    this.#token = await this.#deployment.command('cluster', 'create', 'prod')
    for (const name of SECRETS) {
      const address = `--from-literal=address=${this.#sink.url}`
      await this.#deployment.command('secret', 'put', name, '--cluster', 'prod', address)
    }
    await this.#putConfig()
  }

  /** Sends a load, after another one that warms the functions up. */
  async measureLoad(warmUp: number, load: Load): Promise<LoadResult> {
    await this.#send({ ...load, requests: warmUp })
    this.#take()
    this.#sink.setDelay(SINK_MS)
    await this.#send(load)
    this.#sink.setDelay(0)
    const { counts, uses } = this.#take()
    const events = load.requests * load.eventsPerRequest
    const perMonth = MILLION / load.eventsPerRequest
    const scale = (dollars: number) => (dollars / events) * MILLION
    const bill = billOf(counts, Object.values(uses), this.#apiUse(load.requests), perMonth)
    // The same functions do the same work.
    const byUrl = { requests: 0, accessLogFormat: '' }
    const withoutApi = billOf(counts, Object.values(uses), byUrl, perMonth)
    const { dispatch } = uses
    const waited = dispatch ? waitDollars(dispatch) : 0
    return {
      events,
      perMillion: Object.fromEntries(Object.entries(bill).map(([name, it]) => [name, scale(it)])),
      apiPerMillion: scale(total(bill) - total(withoutApi)),
      sinkWaitPerMillion: scale(waited),
      counts,
      functions: Object.fromEntries(
        Object.entries(uses).map(([name, use]) => [name, summaryOf(use)]),
      ),
    }
  }

  /** What a cluster costs a month that sends its configuration every ten minutes, and no event. */
  async measureIdle(): Promise<Readonly<Record<string, number>>> {
    this.#take()
    const rounds = 5
    for (let round = 0; round < rounds; round += 1) {
      // What a function remembers is out of date by the next time.
      await this.#restart('reconcile-config')
      await this.#putConfig()
    }
    const { counts, uses } = this.#take()
    const perMonth = MONTH_S / CONFIG_EVERY_S
    const bill = billOf(counts, Object.values(uses), this.#apiUse(rounds), perMonth)
    const puts = Object.entries(bill).map(([name, it]) => [name, (it / rounds) * perMonth] as const)
    const { CLUSTER_METRICS = 'true' } = this.#deployment.environmentOf('dispatch')
    return {
      ...Object.fromEntries(puts.map(([name, dollars]) => [`configuration: ${name}`, dollars])),
      secrets: this.#services.secrets() * PRICES.secretMonth,
      // Delivered and Latency: an idle cluster counts nothing else.
      metrics: CLUSTER_METRICS === 'true' ? 2 * PRICES.metricMonth : 0,
    }
  }

  /** MiB that dispatch has at most for a cluster of so many Alerts. */
  async measureMemory(alerts: number): Promise<number> {
    await this.#restart('dispatch')
    const body = manyAlerts(new Date(), alerts)
    await this.#post('reconcile-config', 'PUT', 'config', body)
    await this.#send({ requests: 3, eventsPerRequest: 10 })
    return this.#take().uses.dispatch?.usage.maxRssMiB ?? 0
  }

  /** Units of reading that one look of the five-minute check takes. */
  async measureCheck(): Promise<number> {
    this.#take()
    await this.#function('reconcile-config').invoke(scheduledEvent())
    return this.#take().counts.readUnits
  }

  async stop(): Promise<void> {
    for (const running of this.#running.values()) await running.end()
    this.#sqs.destroy()
    await this.#deployment.stop()
    await this.#sink.stop()
    await this.#services.stop()
  }

  async #send({ requests, eventsPerRequest }: Load): Promise<void> {
    for (let request = 0; request < requests; request += 1) {
      const events = Array.from({ length: eventsPerRequest }, () => {
        this.#event += 1
        return sampleEvent(this.#event)
      })
      const body = JSON.stringify(eventsPerRequest === 1 ? events[0] : events)
      const before = this.#sink.requests()
      await this.#post('ingest', 'POST', 'events', body)
      while (this.#sink.requests() < before + eventsPerRequest) await this.#poll()
    }
  }

  /** One round of Lambda's poller on the events queue. */
  async #poll(): Promise<void> {
    const QueueUrl = this.#deployment.environmentOf('dispatch').EVENTS_QUEUE_URL ?? ''
    const { Messages: messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 360 },
        ...{ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] },
      }),
    )
    if (messages.length === 0)
      throw new Error(
        `an event was not delivered: ${[...this.#running.values()].map((it) => it.troubles()).join('')}`,
      )
    this.#keepCounts()
    const Records = messages.map((message) => sqsRecord(message, QueueUrl))
    const answer = await this.#function('dispatch').invoke({ Records })
    const { batchItemFailures } = answer as { readonly batchItemFailures: readonly unknown[] }
    if (batchItemFailures.length > 0) throw new Error('dispatch failed')
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      ...{ Id: String(index), ReceiptHandle },
    }))
    await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    this.#keepCounts()
  }

  async #putConfig(): Promise<void> {
    await this.#post('reconcile-config', 'PUT', 'config', configOf(new Date()))
  }

  async #post(name: string, method: 'POST' | 'PUT', resource: 'events' | 'config', body: string) {
    const headers = { authorization: `Bearer ${this.#token}` }
    const event = httpApiEvent({ ...{ method, resource, cluster: 'prod', headers }, body })
    const answer = (await this.#function(name).invoke(event)) as { readonly statusCode: number }
    if (answer.statusCode >= 300) throw new Error(`${resource}: ${JSON.stringify(answer)}`)
  }

  #function(name: string): MeteredFunction {
    const running =
      this.#running.get(name) ??
      startMeteredFunction(
        this.#deployment.build.functionOf(name),
        this.#deployment.environmentOf(name),
        {
          ...{ services: this.#services, sink: this.#sink },
          onCounts: (counts) => addCounts(this.#counts, counts),
        },
      )
    this.#running.set(name, running)
    return running
  }

  async #restart(name: string): Promise<void> {
    await this.#running.get(name)?.end()
    this.#running.delete(name)
  }

  #apiUse(requests: number): ApiUse {
    const { accessLogFormat } = this.#deployment.build
    return { requests, accessLogFormat }
  }

  #keepCounts(): void {
    addCounts(this.#counts, this.#services.take().counts)
  }

  #take() {
    this.#keepCounts()
    const counts = this.#counts
    this.#counts = newTally()
    const uses: Record<string, FunctionUse> = {}
    for (const [name, running] of this.#running) {
      const usage = running.take()
      if (usage.invocations > 0) uses[name] = { usage, properties: running.properties }
    }
    return { counts, uses }
  }
}

function waitDollars(use: FunctionUse): number {
  const withoutWait = { ...use, usage: { ...use.usage, sinkMs: 0 } }
  const ms = billedMs(use) - billedMs(withoutWait)
  return ((ms / 1_000) * Number(use.properties.MemorySize) * PRICES.lambdaGbSecond) / 1_024
}

function summaryOf(use: FunctionUse): object {
  const { invocations, cpuMs, serviceRounds, sinkMs } = use.usage
  return {
    ...{ memory: use.properties.MemorySize, invocations },
    billedMs: billedMs(use) / invocations,
    cpuMs: cpuMs / invocations,
    serviceRounds: serviceRounds / invocations,
    sinkMs: sinkMs / invocations,
    logBytes: logBytes(use) / invocations,
  }
}
