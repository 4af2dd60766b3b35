import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import type { Ports } from '../../ports/ports.ts'
import { whyOver } from '../episodes/reminders.ts'
import { type Member, memberOf } from './member.ts'

/** The most deliveries that one message tells of. Any further ones come together in another message. */
const MAX_MEMBERS = 2_000

/** The most records that are looked at to find them. */
const MAX_RECORDS = 10_000

const PAGE_SIZE = 200

/**
 * The deliveries to the Provider `provider` (`namespace/name`) that wait for the message of `leader`, which is
 * among them, in the order of their events. Rejects when the store fails. A store whose lists lag may miss those
 * that came last; they wait on, and find out that the message does not tell of them. So does a reminder of a failure that
 * has ended.
 */
export async function findMembers(
  ports: Pick<Ports, 'ledger' | 'state'>,
  leader: DeliveryRecord<Status>,
  provider: string,
): Promise<readonly Member[]> {
  // The event of a reminder, or of what a silence held back, may be weeks old.
  const filter = { cluster: leader.cluster, provider, outcome: 'held' } as const
  const members: Member[] = []
  let cursor: string | undefined
  for (let seen = 0; seen < MAX_RECORDS && members.length < MAX_MEMBERS; ) {
    const page = await ports.ledger.list(filter, PAGE_SIZE, cursor)
    // A page may be short. An empty one counts too, so that it ends.
    seen += Math.max(page.records.length, 1)
    const waiting = page.records.flatMap((record) =>
      record.kind === 'delivery' && record.toldIn === leader.id ? [record] : [],
    )
    const over = await Promise.all(waiting.map((record) => whyOver(record, ports)))
    for (const [index, record] of waiting.entries()) {
      if (over[index] === undefined) members.push(memberOf(record))
    }
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return members.slice(0, MAX_MEMBERS).toSorted(byOrder)
}

function byOrder(a: Member, b: Member): number {
  if (a.order === b.order) return 0
  return a.order < b.order ? -1 : 1
}
