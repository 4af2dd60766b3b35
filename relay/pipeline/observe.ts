import type { DeliveryRecord, Status } from '../model/delivery.ts'
import { ellipsize } from '../model/text.ts'
import type { Ports } from '../ports/ports.ts'
import { isHttpProvider } from '../providers/contract.ts'
import { claimantOf, concludeUnclaimed } from './claimant.ts'
import { type Conclusion, end } from './conclusion.ts'
import { maskUrl } from './explain/masked-request.ts'
import { observeSubject } from './observed-subject.ts'
import type { Prepared } from './prepare.ts'
import { subjectStateKey } from './subject.ts'

/** How much of an address a reason shows, in UTF-16 units. */
const MAX_ADDRESS_LENGTH = 300

/**
 * Concludes a try of a delivery whose cluster is observed, as if it were sent and the service took
 * it. Nothing is sent, and its destination is not asked for a place. Rejects when a store fails.
 */
export async function observe(
  record: DeliveryRecord<Status>,
  prepared: Prepared,
  ports: Pick<Ports, 'state' | 'clock'>,
): Promise<Conclusion> {
  const reason = `observed: would have been sent to ${addressOf(prepared)}`
  const conclusion = { ...end('skipped', reason), observed: true } as const
  const { subject } = prepared
  if (!subject) return conclusion
  const found = await observeSubject(ports, claimantOf(record, prepared, subject))
  if (found.kind !== 'news') {
    return concludeUnclaimed(found, record.cluster, subject, ports.clock.now())
  }
  return { ...conclusion, subjectStateKey: subjectStateKey(record.cluster, subject) }
}

/** Where the first request would go, with its secrets masked. */
function addressOf({ type, requests, resolved }: Prepared): string {
  const { settings, redact } = resolved
  const [first] = requests
  const address =
    isHttpProvider(type) || first ? maskUrl(first?.url ?? '', redact) : redact(type.host(settings))
  return ellipsize(address, MAX_ADDRESS_LENGTH)
}
