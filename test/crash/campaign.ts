import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../support/certificates.ts'
import { findUnaccounted } from './accounting.ts'
import { type Remains, readRemains } from './database-audit.ts'
import { drain } from './drain.ts'
import { startEdits } from './edits.ts'
import { createEventSource, type EventSource } from './events.ts'
import { startFilling } from './full-disk.ts'
import { createJournal, type Journal } from './journal.ts'
import { killRounds } from './kills.ts'
import { createLives } from './lives.ts'
import { type Load, startLoad } from './load.ts'
import { type SinkAddresses, writeManifests } from './manifests.ts'
import { createMoments, type Moments } from './moments.ts'
import { seededRandom } from './random.ts'
import type { RelayLife } from './relay-life.ts'
import { type Replays, startReplays } from './replays.ts'
import { type Silences, startSilences } from './silences.ts'
import { type FaultySink, startFaultySink } from './sink.ts'

export interface CampaignOptions {
  /** How often the relay is killed under load. */
  readonly rounds: number
  readonly seed: number
  /** A folder on a small disk, which is then full now and then. */
  readonly smallDisk?: string
  /** Told how far it is, now and then. */
  readonly onProgress?: (text: string) => void
}

export interface CampaignReport {
  readonly seed: number
  /** By name, for a person. */
  readonly counts: Readonly<Record<string, number>>
  /** Empty when the relay kept all it promises. */
  readonly violations: readonly string[]
}

/** How long before the campaign the time of its events begins: never ahead of the relay's. */
const EVENTS_BEGAN_MS = 3_600_000

/** Violations that are kept; one mistake shows in many. */
const MAX_VIOLATIONS = 30

/** All that a campaign runs with. */
export interface Campaign {
  readonly journal: Journal
  readonly source: EventSource
  readonly load: Load
  readonly replays: Replays
  readonly silences: Silences
  readonly moments: Moments
  readonly violations: string[]
  readonly counts: Map<string, number>
  /** Starts the relay, with the machine off for `offMs` of the relay's time since the last. */
  start(offMs: number): RelayLife
  /** Sets the running relay's clock; see `Lives.setClockBy`. */
  setClockBy(ms: number): void
  /** Kills the relay and checks what it left. */
  kill(life: RelayLife): Promise<void>
  /** Ends the faults, and lets the relay trust the sink of the Provider `later`. */
  heal(): Promise<void>
}

/** Kills the relay again and again under load, lets it catch up, and checks what it promises. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-crash-'))
  const cleanUps: (() => Promise<void>)[] = []
  try {
    const campaign = await prepare(options, folder, cleanUps)
    await killRounds(campaign, options)
    await drain(campaign)
    const { violations, counts } = campaign
    return {
      seed: options.seed,
      counts: Object.fromEntries(counts),
      violations: violations.slice(0, MAX_VIOLATIONS),
    }
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function prepare(
  { seed, smallDisk }: CampaignOptions,
  folder: string,
  cleanUps: (() => Promise<void>)[],
): Promise<Campaign> {
  const [data, manifests] = [smallDisk ?? join(folder, 'data'), join(folder, 'manifests')]
  mkdirSync(manifests)
  const journal = createJournal(smallDisk !== undefined)
  const moments = createMoments()
  const violations: string[] = []
  let isFaulty = true
  const { sinks, spare, drained, trustedCa, otherCa } = await startSinks(
    {
      random: seededRandom(seed + 1),
      isFaulty: () => isFaulty,
      life: () => lives.number(),
      arrived(arrival) {
        journal.arrived(arrival)
        moments.happened('arrival')
      },
    },
    cleanUps,
  )
  writeManifests(manifests, sinks, otherCa)
  const lives = createLives({ data, manifests, journal, moments, sinks, drained })
  cleanUps.push(() => lives.end())
  const source = createEventSource(seededRandom(seed + 2), Date.now() - EVENTS_BEGAN_MS)
  const load = startLoad({
    random: seededRandom(seed + 3),
    source,
    url: () => lives.url(),
    relayTime: () => lives.relayTime(),
    onAcknowledged: () => moments.happened('acknowledgement'),
    mayRefuse: () => smallDisk !== undefined,
  })
  const replays = startReplays({
    random: seededRandom(seed + 5),
    url: () => lives.url(),
    onAsked: (delivery) => journal.replayed(delivery),
    mayRefuse: () => smallDisk !== undefined,
  })
  cleanUps.push(() => replays.stop())
  const silences = startSilences({
    random: seededRandom(seed + 8),
    url: () => lives.url(),
    mayRefuse: () => smallDisk !== undefined,
  })
  cleanUps.push(() => silences.stop())
  const edits = startEdits({
    random: seededRandom(seed + 7),
    spare,
    write: (edit) => writeManifests(manifests, sinks, otherCa, edit),
  })
  cleanUps.push(() => edits.stop())
  const filling =
    smallDisk === undefined
      ? undefined
      : startFilling(smallDisk, seededRandom(seed + 4), () => lives.url() !== undefined)
  cleanUps.push(async () => filling?.stop())
  const checkRemains = () => {
    const remains = readRemains(data)
    journal.left(remains?.claims ?? [])
    const found = violationsIn(remains, source, load)
    violations.push(...found.map((text) => `after life ${lives.number()}: ${text}`))
    if (found.length > 0) throw new Error(violations.slice(0, MAX_VIOLATIONS).join('\n'))
  }

  const counts = new Map<string, number>()
  return {
    ...{ journal, source, load, replays, silences, moments, violations, counts },
    start: (offMs) => lives.start(offMs),
    setClockBy: (ms) => lives.setClockBy(ms),
    async kill(life) {
      await lives.kill(life)
      const failure = life.failure()
      if (failure !== undefined) violations.push(failure)
      checkRemains()
    },
    async heal() {
      isFaulty = false
      await Promise.all([replays.stop(), silences.stop(), edits.stop(), filling?.stop()])
      counts.set('silences made', silences.taken())
      counts.set('manifests changed', edits.times())
      if (filling) counts.set('full disks', filling.times())
      writeManifests(manifests, sinks, trustedCa)
    },
  }
}

/** The ledger invariant, at the very moment of a kill. */
function violationsIn(
  remains: Remains | undefined,
  { made }: EventSource,
  { acknowledged, forgottenMeanwhile }: Load,
): readonly string[] {
  if (!remains) return []
  const books = { acknowledged, made, retrying: 'running', forgottenMeanwhile, ...remains } as const
  return [...findUnaccounted(books), ...remains.brokenChains]
}

async function startSinks(
  context: Parameters<typeof startFaultySink>[0],
  cleanUps: (() => Promise<void>)[],
) {
  const [authority, other] = await Promise.all([createAuthority(), createAuthority('other CA')])
  const { cert, key } = await authority.issue()
  const all: FaultySink[] = []
  const start = async (...args: Parameters<typeof startFaultySink>): Promise<FaultySink> => {
    const sink = await startFaultySink(...args)
    all.push(sink)
    cleanUps.push(() => sink.close())
    return sink
  }
  const sinks: SinkAddresses = {
    hooks: (await start(context)).url,
    chat: (await start(context)).url,
    forge: (await start(context)).url,
    vault: (await start(context, { cert, key })).url,
  }
  const [spareHooks, spareChat] = [await start(context), await start(context)]
  const spare = { hooks: spareHooks.url, chat: spareChat.url }
  const drained = async () => {
    await Promise.all(all.map((sink) => sink.drained()))
  }
  return { sinks, spare, drained, trustedCa: authority.ca, otherCa: other.ca }
}
