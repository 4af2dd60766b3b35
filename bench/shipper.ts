import { setTimeout as delay } from 'node:timers/promises'
import { type Load, load } from './event-load.ts'
import { createHeldRelay } from './held-relay.ts'
import { type Bench, runBench } from './processes.ts'
import { peakResidentBytes, residentBytes } from './resident-size.ts'
import { allSent, bundledShippers, type Shippers, waitingEvents } from './shipper-process.ts'

/**
 * What the shipper's container takes: events a second into its spool, from one sender and from a
 * hundred at once, and what the Kubernetes side costs of that; and the memory with 10,000 labelled
 * objects, 10,000 Kubernetes Events and 100,000 events that wait. Results are ratios within one run.
 */
const ROUNDS = 3
const MAX_EVENTS_PER_ROUND = 100_000
const WAITING_EVENTS = 100_000
const MOST_MEGABYTES = 200

/** Nothing answers there. */
const NO_RELAY = 'http://127.0.0.1:9'

/** A line of the table; the ratio is to the first one of its part. */
type Row = readonly [name: string, value: string, ratio?: number | undefined]

/** Events a second of each load: the median of rounds in which they take turns. */
async function compare(first: () => Promise<number>, second: () => Promise<number>) {
  const rates: [number, number][] = []
  await first()
  await second()
  for (let round = 0; round < ROUNDS; round += 1) rates.push([await first(), await second()])
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  return [median(rates.map(([rate]) => rate)), median(rates.map(([, rate]) => rate))] as const
}

function round(senders: number): Load {
  return { senders, seconds: 2, maxEvents: MAX_EVENTS_PER_ROUND }
}

async function measureGroupCommit(shippers: Shippers): Promise<readonly Row[]> {
  const { url, stop } = await shippers.startAlone(NO_RELAY)
  const [one, many] = await compare(
    () => load(url, round(1)),
    () => load(url, round(100)),
  )
  await stop()
  return [
    ['1 sender', perSecond(one)],
    ['100 senders', perSecond(many), many / one],
  ]
}

async function measureKubernetesSide(shippers: Shippers): Promise<readonly Row[]> {
  const plain = await shippers.startAlone(NO_RELAY)
  const inCluster = await shippers.startInCluster(NO_RELAY)
  const [without, withSide] = await compare(
    () => load(plain.url, round(50)),
    () => load(inCluster.url, round(50)),
  )
  await Promise.all([plain.stop(), inCluster.stop()])
  return [
    ['50 senders', perSecond(without)],
    ['50 senders, watch and labels', perSecond(withSide), withSide / without],
  ]
}

async function measureMemory(bench: Bench, shippers: Shippers): Promise<readonly Row[]> {
  const relay = createHeldRelay()
  const shipper = await shippers.startInCluster(await bench.listen(relay.handler))
  const start = await settledBytes(shipper.pid)
  await load(shipper.url, { senders: 50, seconds: 40, maxEvents: WAITING_EVENTS })
  const waiting = await waitingEvents(shipper)
  const full = await settledBytes(shipper.pid)
  relay.release()
  await allSent(shipper)
  const peak = peakResidentBytes(shipper.pid)
  await shipper.stop()
  if (relay.labelled < waiting) throw new Error('events came to the relay without labels')
  const row = (name: string, bytes: number): Row => [name, megabytes(bytes), bytes / start]
  return [
    ['after the start', megabytes(start)],
    row(`${waiting} events in the spool`, full),
    peak === undefined ? ['peak', 'only Linux tells'] : row('peak, once they went out', peak),
  ]
}

/** What a moment's work left behind is part of it, what is under way is not. */
async function settledBytes(pid: number): Promise<number> {
  await delay(1_000)
  return residentBytes(pid)
}

const perSecond = (rate: number) => `${Math.round(rate)} events/s`
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

function show(title: string, rows: readonly Row[]): void {
  const lines = rows.map(([name, value, ratio]) => {
    const text = `  ${name.padEnd(30)}${value.padStart(16)}`
    return ratio === undefined ? text : `${text}${ratio.toFixed(2).padStart(8)}`
  })
  process.stdout.write(`${[title, ...lines].join('\n')}\n`)
}

await runBench(async (bench) => {
  const shippers = bundledShippers(bench)
  const groupCommit = await measureGroupCommit(shippers)
  const kubernetesSide = await measureKubernetesSide(shippers)
  const memory = await measureMemory(bench, shippers)
  show('into the spool, and the ratio', groupCommit)
  show('with 10,000 labelled objects and Kubernetes Events, and the ratio', kubernetesSide)
  show(`resident memory in such a cluster, at most ${MOST_MEGABYTES} MB, and the ratio`, memory)
})
