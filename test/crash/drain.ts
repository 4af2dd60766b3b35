import { setTimeout as sleep } from 'node:timers/promises'
import { type Books, findUnaccounted } from './accounting.ts'
import type { Campaign } from './campaign.ts'
import { countDuplicates } from './duplicates.ts'
import { type Depth, type Entry, readDepth, readLedger } from './entries.ts'
import { findUnreceived, findWrongStatuses } from './sink-audit.ts'

const MINUTE_MS = 60_000

/** The longest wait of the retry schedule, with its jitter. */
const LONGEST_RETRY_MS = 73 * MINUTE_MS

/** A Delivery that still fails after this is dead. */
const PAST_ALL_RETRIES_MS = 25 * 60 * MINUTE_MS

/** Of a failure is reminded for seven days. */
const PAST_ALL_REMINDERS_MS = 8 * 24 * 60 * MINUTE_MS

/** Restarts, each after the longest wait, that leave nothing to a relay whose sinks are healthy. */
const MAX_RESTARTS = 8

const QUIET_WITHIN_MS = 60_000

/**
 * Lets the relay catch up with healthy sinks. Time passes between its lives: what waits for an hour
 * is due at the next start.
 */
export async function drain(campaign: Campaign): Promise<void> {
  await campaign.heal()
  const untrusted = await untilOnlyUntrustedWait(campaign)
  check(campaign, untrusted.entries, 'never')
  await liveUntilQuiet(campaign, PAST_ALL_RETRIES_MS)
  const end = await liveUntilQuiet(campaign, PAST_ALL_REMINDERS_MS)
  if (end.depth.events + end.depth.retries > 0) {
    campaign.violations.push(`still queued at the end: ${JSON.stringify(end.depth)}`)
  }
  check(campaign, end.entries, 'none')
  checkSinks(campaign, end.entries)
  report(campaign, end.entries)
}

interface Quiet {
  readonly depth: Depth
  readonly entries: readonly Entry[]
}

async function untilOnlyUntrustedWait(campaign: Campaign): Promise<Quiet> {
  let quiet: Quiet | undefined
  for (let restart = 0; restart < MAX_RESTARTS; restart += 1) {
    quiet = await liveUntilQuiet(campaign, restart === 0 ? 0 : LONGEST_RETRY_MS)
    const waiting = quiet.entries.filter(({ outcome }) => outcome === 'retry')
    if (waiting.every(({ route, reminder }) => route === 'never' || reminder !== undefined)) {
      // A message of a try that is past does not outlive that try's successor.
      if (waiting.length !== quiet.depth.retries) {
        const text = `${waiting.length} deliveries wait, and ${quiet.depth.retries} messages`
        campaign.violations.push(text)
      }
      return quiet
    }
  }
  const rest = quiet?.entries.filter(({ outcome }) => outcome === 'retry').slice(0, 10)
  throw new Error(`not drained after ${MAX_RESTARTS} restarts: ${JSON.stringify(rest)}`)
}

/** One life, to the moment when all is done that is due; then its kill. */
async function liveUntilQuiet(campaign: Campaign, offMs: number): Promise<Quiet> {
  const life = campaign.start(offMs)
  const url = await life.ready
  await campaign.load.finish()
  const depth = await quietDepth(url)
  const entries = await readLedger(url)
  await campaign.kill(life)
  return { depth, entries }
}

/** Waits until no event is queued and no retry is due or about to be. */
async function quietDepth(url: string): Promise<Depth> {
  const giveUpAt = Date.now() + QUIET_WITHIN_MS
  let last = await readDepth(url)
  for (;;) {
    await sleep(300)
    const depth = await readDepth(url)
    const isSame = depth.retries === last.retries && depth.events === 0
    if (isSame && depth.overdueSeconds === 0) return depth
    if (Date.now() > giveUpAt) throw new Error(await whatIsLeft(url, depth))
    last = depth
  }
}

async function whatIsLeft(url: string, depth: Depth): Promise<string> {
  const waiting = (await readLedger(url)).filter(({ outcome }) => outcome === 'retry')
  const some = waiting.slice(0, 10).map((entry) => JSON.stringify(entry))
  return [`not quiet: ${JSON.stringify(depth)}; ${waiting.length} wait:`, ...some].join('\n')
}

function check(campaign: Campaign, entries: readonly Entry[], retrying: Books['retrying']): void {
  const { load, source, violations } = campaign
  const books: Books = {
    acknowledged: load.acknowledged,
    made: source.made,
    entries,
    queued: new Set(),
    retrying,
    forgottenMeanwhile: load.forgottenMeanwhile,
  }
  violations.push(...findUnaccounted(books))
  if (load.acknowledged.length !== source.made.size) {
    violations.push(`${source.made.size} events made, ${load.acknowledged.length} acknowledged`)
  }
}

function checkSinks(campaign: Campaign, entries: readonly Entry[]): void {
  const { journal, load, replays, silences, violations, source } = campaign
  const { acknowledged } = load
  const books = { journal, entries, acknowledged, made: source.made }
  violations.push(
    ...findUnreceived(books),
    ...findWrongStatuses(books),
    ...countDuplicates(journal, entries, source.made).violations,
    ...journal.errors.map((line) => `error in the log: ${line}`),
    ...[...load.refusals, ...replays.refusals, ...silences.refusals].map(
      (refusal) => `refused: ${refusal}`,
    ),
  )
}

function report(campaign: Campaign, entries: readonly Entry[]): void {
  const { counts, journal, load, source } = campaign
  const count = (name: string, value: number) => counts.set(name, value)
  const { deliveries, statuses, inFlight } = countDuplicates(journal, entries, source.made)
  count('events acknowledged', load.acknowledged.length)
  count('requests sent again', load.repeatedRequests())
  count('replays taken', campaign.replays.taken())
  count('requests at sinks', journal.arrivals.length)
  count('confirmed', journal.arrivals.filter(({ isConfirmed }) => isConfirmed).length)
  count('decisions', journal.decisions.length)
  for (const [outcome, of] of Map.groupBy(entries, (entry) => entry.outcome)) {
    count(outcome, of.length)
  }
  count(
    'counted unchanged',
    entries.filter(({ isCounter }) => isCounter).reduce((sum, { repeats }) => sum + repeats + 1, 0),
  )
  count('in flight at kills (bound of duplicates)', inFlight)
  count('duplicate deliveries', deliveries)
  count('repeated statuses', statuses)
}
