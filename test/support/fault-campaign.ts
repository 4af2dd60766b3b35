import type { SQSRecord } from 'aws-lambda'
import { fluxEvent, type SentEvent } from '../crash/events.ts'
import type { AwsRelay } from './aws-relay.ts'
import { contextWith } from './event-source-mapping.ts'
import { auditLedger, auditSinks, countRepeats, type Invocation } from './fault-audit.ts'
import { type Campaign, CONTAINERS, openCampaign } from './fault-scenario.ts'
import { type Container, dispatch, post, readLedger } from './faulty-relay.ts'
import { IS_FULL_SIZE } from './full-size.ts'

const STEPS = IS_FULL_SIZE ? 55 : 22
const STEPS_TO_AUDIT = 11

/** Of test/crash/routes.ts, without those of its TLS sinks. */
const OBJECTS = ['app-3', 'app-4', 'app-6']

const ACTIONS = { post: 25, events: 30, retries: 25, time: 12, stray: 8, restart: 4 } as const

/** How Lambda and SQS treat a batch. */
const TREATMENTS = {
  once: 50,
  'by two at once': 15,
  'twice in the batch': 10,
  'without time': 5,
  'never acknowledged': 15,
} as const

/** What one seed came to. */
export interface CampaignResult {
  readonly violations: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Posts, polls and breaks things as the seed says; then heals all, drains both queues, and audits.
 * The seed repeats what the campaign does; how requests interleave is up to the machine.
 */
export async function runCampaign(relay: AwsRelay, seed: number): Promise<CampaignResult> {
  const campaign = await openCampaign(relay, seed)
  const { random, evidence } = campaign
  const violations: string[] = []
  const audit = async (retrying: 'running' | 'none') =>
    violations.push(...auditLedger(evidence, await readLedger(relay), retrying))
  for (let step = 1; step <= STEPS; step += 1) {
    await act(campaign, random.weighted(ACTIONS))
    if (step % STEPS_TO_AUDIT === 0) await audit('running')
  }
  campaign.heal()
  violations.push(...(await drain(campaign)))
  await audit('none')
  const { counts } = campaign
  const disturbances = counts.failed + counts.atOnce + counts.queuedAgain
  violations.push(...auditSinks(evidence, await readLedger(relay), disturbances))
  return { violations, counts: countsOf(campaign) }
}

async function act(campaign: Campaign, action: keyof typeof ACTIONS): Promise<void> {
  const { random, relay, containers, start } = campaign
  switch (action) {
    case 'post':
      return postNext(campaign)
    case 'events':
    case 'retries':
      return poll(campaign, action)
    case 'time':
      relay.time.offsetMs += random.between(0, random.chance(0.3) ? 600_000 : 20_000)
      return
    case 'stray':
      return deliverAgain(campaign)
    case 'restart':
      containers[random.between(0, CONTAINERS - 1)] = start()
  }
}

/** Posts the batch that was not accepted yet, or a new one; each is sent until it is accepted. */
async function postNext(campaign: Campaign): Promise<void> {
  const { random, source, toPost, counts, evidence } = campaign
  if (toPost.length === 0) {
    const events = Array.from({ length: random.between(1, 5) }, () => source.next(OBJECTS))
    toPost.push(...batchesOf(events))
  }
  // What is accepted after another is so by the clock too, as on a machine whose clock moves.
  campaign.relay.time.offsetMs += 1
  const [batch = []] = toPost
  const status = await post(anyContainer(campaign), batch.map(fluxEvent), batch[0]?.cluster)
  if (status === 202) evidence.accepted.push(...(toPost.shift() ?? []))
  else if (status === 503) counts.refused += 1
  else throw new Error(`events were answered with ${status}`)
}

/**
 * Batches of one cluster each. Events of several objects that share a commit, and so a status, go in
 * batches of their own: the events of a batch have one time, and which of them is the newest is then up
 * to the queue's numbers, which differ from the order of posting where SQS refuses a part of a batch.
 */
function batchesOf(events: readonly SentEvent[]): SentEvent[][] {
  const batches: SentEvent[][] = []
  for (const event of events) {
    const last = batches.findLast(([first]) => first?.cluster === event.cluster)
    const ties = last?.some(
      ({ commit, object }) => commit === event.commit && object !== event.object,
    )
    if (last && !ties) last.push(event)
    else batches.push([event])
  }
  return batches
}

function anyContainer({ random, containers }: Campaign): Container {
  const container = containers[random.between(0, CONTAINERS - 1)]
  if (!container) throw new Error('there is no container')
  return container
}

async function poll(campaign: Campaign, queue: 'events' | 'retries'): Promise<void> {
  const { poller, random, counts } = campaign
  const records = queue === 'events' ? await poller.receiveEvents() : await poller.receiveRetries()
  if (records.length === 0) return
  const shuffled = random.chance(0.3) ? reversed(records) : records
  const treatment = random.weighted(TREATMENTS)
  const copies = treatment === 'twice in the batch' ? [...shuffled, ...shuffled] : shuffled
  const invocations = [invoke(campaign, copies, treatment === 'without time' ? 10_000 : 60_000)]
  if (treatment === 'by two at once') {
    counts.atOnce += shuffled.length
    invocations.push(invoke(campaign, shuffled))
  }
  const failed = await Promise.all(invocations)
  // Of two who have a message, one suffices that takes it off the queue.
  const stays = ({ messageId }: SQSRecord) => failed.every((ids) => ids.includes(messageId))
  for (const record of records) {
    if (treatment === 'never acknowledged' || stays(record)) await poller.putBack(record)
    else await acknowledge(campaign, record)
    if (stays(record)) counts.failed += 1
  }
}

/** A FIFO queue keeps the order of a group, in all that it does. */
function reversed(records: readonly SQSRecord[]): readonly SQSRecord[] {
  const groups = Map.groupBy(records, (record) => {
    const { SequenceNumber, MessageGroupId } = record.attributes
    return (SequenceNumber && MessageGroupId) ?? record
  })
  return [...groups.values()].toReversed().flat()
}

async function invoke(campaign: Campaign, records: readonly SQSRecord[], remainingMs = 60_000) {
  const invocation: Invocation = { records, startedAt: campaign.tick(), endedAt: Infinity }
  campaign.evidence.invocations.push(invocation)
  const failed = await dispatch(anyContainer(campaign), records, contextWith(remainingMs))
  invocation.endedAt = campaign.tick()
  return failed
}

async function acknowledge({ poller, evidence, done }: Campaign, record: SQSRecord) {
  await poller.acknowledge(record)
  done.push(record)
  if (poller.isEvent(record)) evidence.acknowledged.add(messageOf(record))
}

function messageOf({ body }: SQSRecord): string {
  return (JSON.parse(body) as { readonly event: { readonly message: string } }).event.message
}

/** Hands out messages once more that were done before. */
async function deliverAgain(campaign: Campaign): Promise<void> {
  const { random, done, poller, evidence } = campaign
  const records = done.filter(() => random.chance(0.2)).slice(0, 10)
  if (records.length === 0) return
  for (const record of records) {
    if (poller.isEvent(record)) evidence.stray.add(messageOf(record))
  }
  await invoke(campaign, records)
}

/** More than a chain of tries has. */
const MAX_ROUNDS = 100

const COPIES_DUE_MS = 60_000

/** Dispatches all that is left, and lets time pass to what is due next. Says what is left over. */
async function drain(campaign: Campaign): Promise<readonly string[]> {
  const { relay, poller, toPost, evidence } = campaign
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const decided = evidence.decided.length
    while (toPost.length > 0) await postNext(campaign)
    const events = await dispatchAll(campaign, poller.receiveEvents)
    const retries = await dispatchAll(campaign, poller.receiveRetries)
    if (events + retries > 0) {
      const due = (await readLedger(relay)).flatMap(({ dueAt }) => dueAt ?? [])
      const passMs = due.length > 0 ? Math.min(...due) - relay.ports.clock.now() : 0
      // The copy of a message is due later than what the ledger says.
      relay.time.offsetMs += Math.max(
        passMs,
        evidence.decided.length === decided ? COPIES_DUE_MS : 0,
      )
      continue
    }
    const waiting = (await readLedger(relay)).filter(({ outcome }) => outcome === 'retry')
    return waiting.map(
      ({ event, reason }) => `waits, and is in no queue: ${event.message} ${reason}`,
    )
  }
  return [`not drained after ${MAX_ROUNDS} rounds`]
}

/** First takes out all, since what is not due yet comes back at once. */
async function dispatchAll(campaign: Campaign, receive: () => Promise<readonly SQSRecord[]>) {
  const batches: (readonly SQSRecord[])[] = []
  for (;;) {
    const records = await receive()
    if (records.length === 0) break
    batches.push(records)
  }
  for (const records of batches) {
    const failed = await invoke(campaign, records)
    for (const record of records) {
      if (failed.includes(record.messageId)) await campaign.poller.putBack(record)
      else await acknowledge(campaign, record)
    }
  }
  return batches.length
}

function countsOf({ counts, faults, evidence }: Campaign): Readonly<Record<string, number>> {
  const { accepted, journal, invocations } = evidence
  return {
    events: accepted.length,
    invocations: invocations.length,
    requests: journal.arrivals.length,
    repeats: countRepeats(journal.arrivals),
    ...counts,
    faults: faults(),
  }
}
