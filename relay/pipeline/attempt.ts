import type { DeliveryRecord } from '../model/delivery.ts'
import { cutText } from '../model/text.ts'
import type { HttpResponse, Ports } from '../ports.ts'
import type { Verdict } from '../providers/contract.ts'
import { CLAIM_CONFLICT_DELAY_MS } from '../retry.ts'
import { type Delivered, deliver } from './deliver.ts'
import type { Candidate } from './match.ts'
import { type Prepared, type PrepareInput, prepare } from './prepare.ts'
import type { Conclusion } from './record.ts'
import { type Claim, claimSubject, settleSubject, subjectStateKey } from './subject.ts'

/** How much of an answer the ledger keeps of each try, in UTF-16 units. */
const MAX_EXCERPT_LENGTH = 2_048

/** What an Alert that fits comes to when it leads to no attempt. A missing Provider may come. */
const OUTCOME_UNMATCHED = { skipped: 'skipped', missing: 'retry', 'unknown-type': 'dead' } as const

/**
 * Makes one attempt of one Delivery and says what came of it. Rejects when a store fails; the
 * attempt may then have been sent, and is made again.
 */
export async function attempt(
  record: DeliveryRecord,
  candidate: Candidate,
  ports: Ports,
): Promise<Conclusion> {
  const about = candidate.provider ? { provider: candidate.provider.provider } : {}
  if (candidate.kind !== 'matched') {
    return { outcome: OUTCOME_UNMATCHED[candidate.kind], reason: candidate.reason, ...about }
  }
  const input: PrepareInput = {
    cluster: record.cluster,
    deliveryId: record.id,
    event: record.event,
    candidate,
  }
  const prepared = await prepare(input, ports.secrets)
  if (prepared.kind !== 'prepared') {
    const outcome = prepared.kind === 'missing' ? 'retry' : 'dead'
    return { outcome, reason: prepared.reason, ...about }
  }
  const conclusion = await send(record, prepared, input, ports)
  return { ...about, notes: prepared.notes, ...conclusion }
}

async function send(
  record: DeliveryRecord,
  prepared: Prepared,
  input: PrepareInput,
  ports: Ports,
): Promise<Conclusion> {
  const { subject } = prepared
  if (!subject)
    return concludeDelivered(await deliverAnew(record, prepared, input, ports), prepared)

  const claimed = await claimSubject(ports, {
    cluster: record.cluster,
    subject,
    deliveryId: record.id,
    order: record.order,
    timeoutMs: prepared.resolved.transport.timeoutMs,
  })
  const stateKey = subjectStateKey(record.cluster, subject)
  if (claimed.kind !== 'claimed') {
    return { ...concludeUnclaimed(claimed, subject.shows), subjectStateKey: stateKey }
  }
  const delivered = await deliverClaimed(claimed.claim, record, prepared, input, ports)
  return { ...concludeDelivered(delivered, prepared), subjectStateKey: stateKey }
}

type Unclaimed = Exclude<Awaited<ReturnType<typeof claimSubject>>, { kind: 'claimed' }>

function concludeUnclaimed(claimed: Unclaimed, shows: string | undefined): Conclusion {
  switch (claimed.kind) {
    case 'superseded':
      return { outcome: 'suppressed', reason: 'superseded by a newer event of the same subject' }
    case 'busy': {
      const reason = 'another delivery of the same subject is on its way'
      return { outcome: 'retry', reason, waitMs: CLAIM_CONFLICT_DELAY_MS }
    }
    case 'unchanged': {
      const since = new Date(claimed.since).toISOString()
      return claimed.own
        ? { outcome: 'delivered', reason: `delivered at ${since} by an earlier try` }
        : { outcome: 'suppressed', reason: `unchanged: ${shows} since ${since}` }
    }
  }
}

async function deliverClaimed(
  claim: Claim,
  record: DeliveryRecord,
  prepared: Prepared,
  input: PrepareInput,
  ports: Ports,
): Promise<Delivered> {
  const delivered = await deliverAnew(record, prepared, input, ports)
  await settleSubject(ports, claim, delivered.verdict)
  return delivered
}

/** Delivers; when the credential was not taken, once more with the Secrets read anew. */
async function deliverAnew(
  record: DeliveryRecord,
  prepared: Prepared,
  input: PrepareInput,
  ports: Ports,
): Promise<Delivered> {
  const first = await deliver(prepared, record.requestsDone, ports)
  if (first.verdict.kind !== 'unauthorized') return first
  const renewed = await prepare(input, ports.secrets, { fresh: true })
  if (renewed.kind !== 'prepared') return first
  return deliver(renewed, first.requestsDone, ports)
}

function concludeDelivered(delivered: Delivered, { resolved }: Prepared): Conclusion {
  const { verdict, requestsDone, response } = delivered
  const reason = resolved.redact(reasonOf(verdict, response))
  const exchange = response && {
    status: response.status,
    responseExcerpt: cutText(resolved.redact(response.body), MAX_EXCERPT_LENGTH),
  }
  const rest = { reason, requestsDone, ...(exchange && { exchange }) }
  if (verdict.kind === 'delivered') return { outcome: 'delivered', ...rest }
  if (verdict.kind !== 'retry') return { outcome: 'dead', ...rest }
  const { retryAfterMs } = verdict
  return { outcome: 'retry', ...rest, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

function reasonOf(verdict: Verdict, response: HttpResponse | undefined): string {
  if (verdict.kind === 'delivered') return verdict.reason ?? `HTTP ${response?.status ?? 'ok'}`
  if (verdict.kind === 'unauthorized') return `${verdict.reason}: the credential was not accepted`
  return verdict.reason
}
