import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../../bench/processes.ts'
import { seededRandom } from '../crash/random.ts'
import { Books } from './books.ts'
import { CLUSTERS, putConfiguration, tokenOf, tokensFile } from './configuration.ts'
import { createDestinations } from './destinations.ts'
import { createDisk } from './disk.ts'
import { disturb, KILLING_SHARE } from './disturbances.ts'
import { readLedger } from './ledger.ts'
import { Memory } from './memory.ts'
import type { SoakOptions } from './options.ts'
import { type Program, startProgram } from './programs.ts'
import { replaySome } from './replays.ts'
import { latencyRules, ledgerRules, memoryRule, type Rule, slowest, type Timed } from './rules.ts'
import { startSender } from './senders.ts'

export interface SoakReport {
  readonly options: SoakOptions
  readonly counts: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  readonly rules: readonly Rule[]
  readonly slowest: readonly Timed[]
}

const SAMPLE_MS = 2_000
const REPLAY_MS = 10_000
const PAUSE_LOOK_MS = 100
const PAUSE_MS = 500
const SETTLE_WITHIN_MS = 180_000

/** Runs the load with its disturbances, lets all of it settle, and checks what is promised. */
export async function soak(
  bench: Bench,
  options: SoakOptions,
  say: (text: string) => void,
): Promise<SoakReport> {
  const books = new Books()
  const destinations = createDestinations(books, options.seed + 1)
  const sinks = await bench.listen(destinations.handler)
  const disk = createDisk(bench)
  if (!disk.fill) say('no disk is filled: this user may not mount one')
  const data = join(disk.directory, 'relay')
  const over = new AbortController()
  const wait = (ms: number) => sleep(ms, undefined, { signal: over.signal })
  const { relay, shipper } = await startPrograms(bench, disk.directory, data, wait)
  for (const cluster of CLUSTERS) await putConfiguration(relay.url, cluster, sinks)

  const lastsMs = options.minutes * 60_000
  const senders = CLUSTERS.map((cluster) => {
    const own = `${relay.url}v1/clusters/${cluster}/events`
    const url = () => (cluster === 'shipped' ? shipper.url : own)
    return startSender({ cluster, url, rate: options.rate, books })
  })
  const memories = { relay: new Memory(), shipper: new Memory() }
  const work = [
    disturb({ relay, shipper, disk, books, random: seededRandom(options.seed), lastsMs, wait }),
    every(REPLAY_MS, wait, () => replaySome(relay.url, books)),
    sample({ relay, shipper }, memories, lastsMs, wait),
    notePauses(books, wait),
    every(60_000, wait, async () => say(`${books.accepted().length} events accepted`)),
  ].map((part) => part.catch(unlessOver(over.signal)))
  await sleep(lastsMs)
  over.abort()
  await Promise.all(work)

  destinations.heal()
  await relay.setClock(0)
  await shipper.setClock(0)
  await Promise.all(senders.map((sender) => sender.finish()))
  await settled(books)
  await relay.end()
  await shipper.end()
  const ledger = readLedger(data)
  return {
    options,
    counts: { 'events made': books.events.size, ...books.counts },
    outcomes: countBy([...ledger.outcomes.values()]),
    rules: [
      ...ledgerRules(books, ledger),
      ...latencyRules(books),
      memoryRule('relay', memories.relay.quarters()),
      memoryRule('shipper', memories.shipper.quarters()),
    ],
    slowest: slowest(books),
  }
}

async function startPrograms(
  bench: Bench,
  directory: string,
  data: string,
  wait: (ms: number) => Promise<unknown>,
) {
  const tokens = join(bench.directory, 'tokens.yaml')
  writeFileSync(tokens, tokensFile())
  const tokenFile = join(bench.directory, 'token')
  writeFileSync(tokenFile, tokenOf('shipped'))
  // Of the cluster `local`, which sends nothing.
  const manifests = join(bench.directory, 'manifests')
  mkdirSync(manifests)
  const serving = ['serve', '--manifests', manifests, '--tokens', tokens, '--data', data]
  const relay = await startProgram(bench, serving, wait)
  const sending = ['--relay', relay.url, '--cluster', 'shipped', '--token-file', tokenFile]
  const keeping = ['--data', join(directory, 'shipper'), '--host', '127.0.0.1', '--no-config']
  const shipper = await startProgram(bench, ['ship', ...sending, ...keeping], wait)
  return { relay, shipper }
}

async function every(
  ms: number,
  wait: (ms: number) => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  for (;;) {
    await wait(ms)
    await work()
  }
}

/** From the last kill on: each process begins small. */
async function sample(
  programs: Readonly<Record<'relay' | 'shipper', Program>>,
  memories: Readonly<Record<'relay' | 'shipper', Memory>>,
  lastsMs: number,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> {
  await wait(lastsMs * KILLING_SHARE)
  await every(SAMPLE_MS, wait, async () => {
    memories.relay.sample(programs.relay.pid)
    memories.shipper.sample(programs.shipper.pid)
  })
}

/** What stops this program, such as a machine that sleeps, tells nothing of the relay. */
async function notePauses(books: Books, wait: (ms: number) => Promise<unknown>): Promise<void> {
  for (let last = Date.now(); ; last = Date.now()) {
    await wait(PAUSE_LOOK_MS)
    const now = Date.now()
    if (now - last < PAUSE_MS) continue
    books.count('pauses of the machine')
    books.disturbances.push({ from: last, until: now })
  }
}

/** Waits until the working destination has all of its events; what it lacks then, a rule tells. */
async function settled(books: Books): Promise<void> {
  const deadline = performance.now() + SETTLE_WITHIN_MS
  const isMissing = () =>
    books.accepted().some(({ route, arrivals }) => route === 'good' && arrivals === 0)
  while (isMissing() && performance.now() < deadline) await sleep(500)
  // For the outcome of the last one.
  await sleep(2_000)
}

function unlessOver(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error
  }
}

function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(values, (value) => value)
  return Object.fromEntries([...groups].map(([value, all]) => [value, all.length]))
}
