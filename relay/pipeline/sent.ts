import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { CLAIM_CONFLICT_DELAY_MS } from '../model/retry.ts'
import { cutText, ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports/http.ts'
import type { Verdict } from '../providers/verdict.ts'
import type { Redact } from '../redact/redact.ts'
import { awaitAbsent } from './absent.ts'
import type { Conclusion, RecordedAnswer } from './conclusion.ts'
import type { Delivered } from './deliver.ts'
import type { Treatment } from './destinations/destinations.ts'

/** How much of an error those read that wait for the destination, in UTF-16 units. */
const MAX_TOLD_ERROR_LENGTH = 200

/** How much of an answer the ledger keeps of each try, in UTF-16 units. */
const MAX_EXCERPT_LENGTH = 2_048

/** A delivery that was sent, with the redactor of the secrets that it was sent with. */
export interface Sent {
  readonly delivered: Delivered
  readonly redact: Redact
  readonly subjectStateKey?: string
}

/** How a destination treated a delivery, for its pace. */
export function treatmentOf({ delivered, redact }: Sent): Treatment {
  const { verdict, response } = delivered
  if (verdict.kind === 'busy') return { kind: 'unknown' }
  if (verdict.kind !== 'retry' || verdict.applied === 'partly') return { kind: 'answered' }
  const error = ellipsize(redact(verdict.reason), MAX_TOLD_ERROR_LENGTH)
  const { retryAfterMs } = verdict
  if (response?.status === 429 || retryAfterMs !== undefined) {
    return { kind: 'limited', retryAfterMs, error }
  }
  return { kind: 'failed', error }
}

/** What comes of a delivery that was sent. `now` is in milliseconds since the epoch. */
export function concludeSent(
  record: DeliveryRecord<Status>,
  { delivered, redact, ...rest }: Sent,
  now: number,
): Conclusion {
  const { requestsDone, response, notes } = delivered
  if (delivered.verdict.kind === 'busy') return busy(redact(delivered.verdict.reason), now)
  const verdict = awaitAbsent(delivered.verdict, record, now)
  const sent: RecordedAnswer = response
    ? {
        status: response.status,
        responseExcerpt: cutText(redact(response.body), MAX_EXCERPT_LENGTH),
      }
    : {}
  const conclusion = {
    reason: redact(reasonOf(verdict, response)),
    notes: notes.map(redact),
    requestsDone,
    sent,
    ...rest,
  }
  if (verdict.kind === 'delivered') return { kind: 'final', outcome: 'delivered', ...conclusion }
  if (verdict.kind !== 'retry') return { kind: 'final', outcome: 'dead', ...conclusion }
  const { retryAfterMs } = verdict
  return { kind: 'tried', ...conclusion, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

/** Others go first in the thread of the message. */
function busy(reason: string, now: number): Conclusion {
  const until = now + CLAIM_CONFLICT_DELAY_MS
  return { kind: 'postponed', why: 'subject', reason, until, endsWhenLate: false }
}

function reasonOf(verdict: Verdict, response: HttpResponse | undefined): string {
  if (verdict.kind === 'delivered') return verdict.reason ?? `HTTP ${response?.status ?? 'ok'}`
  if (verdict.kind === 'unauthorized') return `${verdict.reason}: the credential was not accepted`
  return verdict.reason
}
