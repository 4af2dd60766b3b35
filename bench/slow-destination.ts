import { mkdirSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, runBench, type ServedProcess } from './processes.ts'

/**
 * What a slow destination costs the fast ones: the latency from posting an event to its arrival at
 * one of 20 fast destinations, first alone, then beside one that takes 5 s for each answer and gets
 * more than it can take. Both are measured in one run of one relay; the result is their ratio.
 */
const FAST_DESTINATIONS = 20
const FAST_EVENTS_PER_SECOND = 200
const SLOW_EVENTS_PER_SECOND = 20
const SLOW_ANSWER_MS = 5_000
const SECONDS_PER_PHASE = 20

/** One Provider and one Alert for each sink; events find theirs by kind. */
function manifests(sinks: readonly string[]): string {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  return sinks
    .flatMap((url, index) => [
      {
        apiVersion,
        kind: 'Provider',
        metadata: { name: `sink-${index}`, namespace: 'bench' },
        spec: { type: 'generic', address: url },
      },
      {
        apiVersion,
        kind: 'Alert',
        metadata: { name: `alert-${index}`, namespace: 'bench' },
        spec: {
          providerRef: { name: `sink-${index}` },
          eventSources: [{ kind: `Kind${index}`, name: '*' }],
        },
      },
    ])
    .map((object) => JSON.stringify(object))
    .join('\n---\n')
}

function startRelay({ directory, start }: Bench): Promise<ServedProcess> {
  const entry = join(import.meta.dirname, '../bin/flux-relay.ts')
  const folders = ['--manifests', join(directory, 'manifests'), '--data', join(directory, 'data')]
  return start([entry, 'serve', ...folders, '--port', '0'])
}

/** When each fast event was posted, by its name. Milliseconds of `performance.now()`. */
const postedAt = new Map<string, number>()
let latencies: number[] = []
let sequence = 0

const fast: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const event = JSON.parse(Buffer.concat(chunks).toString()) as {
      involvedObject: { name: string }
    }
    const posted = postedAt.get(event.involvedObject.name)
    if (posted !== undefined) latencies.push(performance.now() - posted)
    response.end()
  })
}

const slow: RequestListener = (request, response) => {
  request.resume()
  setTimeout(() => response.end(), SLOW_ANSWER_MS)
}

async function post(relayUrl: string, kind: string): Promise<void> {
  sequence += 1
  const name = `object-${sequence}`
  const event = { involvedObject: { kind, namespace: 'bench', name }, message: `event ${name}` }
  postedAt.set(name, performance.now())
  const response = await fetch(relayUrl, { method: 'POST', body: JSON.stringify(event) })
  await response.arrayBuffer()
  if (response.status !== 202) throw new Error(`the relay answered ${response.status}`)
}

/** Posts at a steady rate, whatever the answers take. */
async function load(relayUrl: string, perSecond: number, kindOf: (index: number) => string) {
  const pending: Promise<void>[] = []
  const start = performance.now()
  for (let index = 0; index < perSecond * SECONDS_PER_PHASE; index += 1) {
    const waitMs = start + (index * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await delay(waitMs)
    pending.push(post(relayUrl, kindOf(index)))
  }
  await Promise.all(pending)
}

const fastLoad = (relayUrl: string) =>
  load(relayUrl, FAST_EVENTS_PER_SECOND, (index) => `Kind${index % FAST_DESTINATIONS}`)

const slowLoad = (relayUrl: string) =>
  load(relayUrl, SLOW_EVENTS_PER_SECOND, () => `Kind${FAST_DESTINATIONS}`)

interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** Of the latencies of one phase, in ms, once all of its events have arrived. */
async function measure(run: () => Promise<unknown>): Promise<Percentiles> {
  latencies = []
  await run()
  const expected = FAST_EVENTS_PER_SECOND * SECONDS_PER_PHASE
  for (let waited = 0; latencies.length < expected && waited < 100; waited += 1) await delay(100)
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) }
}

function show(name: string, { count, p50, p99 }: Percentiles): void {
  const text = `${name}: ${count} events, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`
  process.stdout.write(text)
}

await runBench(async (bench) => {
  const sinks: string[] = []
  for (let index = 0; index < FAST_DESTINATIONS; index += 1) sinks.push(await bench.listen(fast))
  sinks.push(await bench.listen(slow))
  mkdirSync(join(bench.directory, 'manifests'))
  writeFileSync(join(bench.directory, 'manifests', 'bench.yaml'), manifests(sinks))
  const relay = await startRelay(bench)
  await measure(() => fastLoad(relay.url))
  const alone = await measure(() => fastLoad(relay.url))
  const beside = await measure(() => Promise.all([fastLoad(relay.url), slowLoad(relay.url)]))
  show('20 fast destinations alone         ', alone)
  show('20 fast beside one that takes 5 s  ', beside)
  process.stdout.write(`p99 ratio: ${(beside.p99 / alone.p99).toFixed(2)}\n`)
})
