import { earlier } from '../../relay/model/earlier.ts'
import { Shares } from '../../relay/model/shares.ts'
import { LARGE_BYTES, LARGE_BYTES_LEASED } from './large-bodies.ts'
import { Leases, Schedule } from './schedule.ts'

/** Reads the cluster of a group's oldest event, which is only in the body. */
const CLUSTER_OF_HEAD = `SELECT CASE WHEN json_valid(body) THEN json_extract(body, '$.cluster') END
  FROM events WHERE seq = head`

/** Reads `GroupEnds`, and how many messages each group has. */
export const GROUPS = `SELECT "group", head, tail, count, (${CLUSTER_OF_HEAD}) AS cluster FROM (
    SELECT grp AS "group", MIN(seq) AS head, MAX(seq) AS tail, COUNT(*) AS count
    FROM events WHERE queued = 1 GROUP BY grp)`

/** A group that has messages, by the sequences of its oldest and its newest. */
export interface GroupEnds {
  readonly group: string
  /** The cluster of the events; null when the oldest of them cannot be read. */
  readonly cluster: string | null
  readonly head: number
  readonly tail: number
}

/** What a lease hands out: the name of a group, and the sequence of its oldest message. */
export interface GroupHead {
  readonly name: string
  readonly head: number
  /** The size of that message in bytes, if it was found to be large; 0 as long as it was not. */
  readonly largeBytes: number
}

interface Group extends GroupHead {
  readonly cluster: string
  /** The sequence of the message behind the head, if known. */
  second: number | undefined
  tail: number
  largeBytes: number
  /** `leaving`: its head is about to leave the queue. */
  state: 'waiting' | 'leased' | 'leaving'
}

function newSchedule(): Schedule<Group> {
  return new Schedule(
    ({ cluster }) => cluster,
    (a, b) => a.head < b.head,
  )
}

/**
 * Which groups have messages, and which of them may hand out their oldest one. The messages stay
 * in the database, so a group costs the same whether it has one or a hundred thousand. Large ones wait
 * apart from the others, which pass them while as many bytes are leased as may be.
 */
export class EventGroups {
  readonly #groups = new Map<string, Group>()
  readonly #waiting = newSchedule()
  readonly #waitingLarge = newSchedule()
  /** How many groups wait there. */
  #largeCount = 0
  readonly #leases = new Leases()
  readonly #largeLeased = new Shares(LARGE_BYTES_LEASED)

  /** Adds the groups that existed before. */
  load(groups: readonly GroupEnds[]): void {
    for (const { group, cluster, head, tail } of groups) {
      this.#wait(group, cluster ?? '', head, tail)
    }
  }

  /** The sequence of the oldest of all messages. */
  get oldest(): number | undefined {
    let oldest: number | undefined
    for (const { head } of this.#groups.values()) oldest = Math.min(oldest ?? head, head)
    return oldest
  }

  /** Reports a message that was added behind the others of its group, and its size if that is known. */
  added(name: string, cluster: string, sequence: number, bytes = 0): void {
    const group = this.#groups.get(name)
    if (!group) this.#wait(name, cluster, sequence, sequence, bytes)
    else {
      if (group.tail === group.head) group.second = sequence
      group.tail = sequence
    }
  }

  /** Whether a group has a message behind its oldest whose sequence is not known. */
  hasUnknown(name: string): boolean {
    const group = this.#groups.get(name)
    return group !== undefined && group.tail > group.head && group.second === undefined
  }

  /**
   * Leases the oldest message that may be handed out, of the clusters in turn. `free`: how many more may
   * be leased in all, of which a cluster gets its share.
   */
  lease(now: number, free: number): GroupHead | undefined {
    const mayLease = (cluster: string) => this.#leases.allows(cluster, free)
    const group = this.#takeLarge(now, mayLease) ?? this.#waiting.take(now, mayLease)
    if (!group) return undefined
    group.state = 'leased'
    this.#leases.begin(group.cluster)
    return group
  }

  /**
   * Reports that the message that is leased is large. It waits until its cluster may lease so many bytes.
   */
  isLarge(name: string, sequence: number, bytes: number): void {
    const group = this.#move(name, sequence, 'leased', 'waiting')
    if (!group) return
    this.#endLease(group)
    group.largeBytes = bytes
    this.#largeCount += 1
    this.#waitingLarge.add(group)
  }

  /**
   * Whether the message is leased. If it is, only `left` or `stayed` can end the lease from now on.
   */
  leaving(name: string, sequence: number): boolean {
    return this.#move(name, sequence, 'leased', 'leaving') !== undefined
  }

  /** Reports that the message could not be removed. Its lease continues. */
  stayed(name: string, sequence: number): void {
    this.#move(name, sequence, 'leaving', 'leased')
  }

  /**
   * The group's head left; the next one, if any, may be handed out. `found`: the one behind it, when
   * it was looked for. Says whether there may be one to lease.
   */
  left(name: string, found: number | undefined): boolean {
    const group = this.#groups.get(name)
    const next = found ?? group?.second
    this.#groups.delete(name)
    if (!group) return false
    this.#endLease(group)
    if (next === undefined) return group.largeBytes > 0 && this.#largeCount > 0
    this.#wait(name, group.cluster, next, group.tail)
    return true
  }

  /** Returns a leased message to the queue; false when it is not leased. */
  release(name: string, sequence: number, notBefore: number): boolean {
    const group = this.#move(name, sequence, 'leased', 'waiting')
    if (!group) return false
    this.#endLease(group)
    if (group.largeBytes === 0) this.#waiting.delay(group, notBefore)
    else {
      this.#largeCount += 1
      this.#waitingLarge.delay(group, notBefore)
    }
    return true
  }

  clockWasSet(byMs: number): void {
    this.#waiting.clockWasSet(byMs)
    this.#waitingLarge.clockWasSet(byMs)
  }

  nextWakeAt(now: number): number | undefined {
    const at = this.#waiting.nextWakeAt(now)
    return this.#largeCount === 0 ? at : earlier(at, this.#waitingLarge.nextWakeAt(now))
  }

  #takeLarge(now: number, mayLease: (cluster: string) => boolean): Group | undefined {
    if (this.#largeCount === 0) return undefined
    const mayTake = (cluster: string) => mayLease(cluster) && this.#largeLeased.allows(cluster)
    const group = this.#waitingLarge.take(now, mayTake)
    if (!group) return undefined
    this.#largeCount -= 1
    this.#largeLeased.take(group.cluster, group.largeBytes)
    return group
  }

  #endLease({ cluster, largeBytes }: Group): void {
    this.#leases.end(cluster)
    if (largeBytes > 0) this.#largeLeased.give(cluster, largeBytes)
  }

  #wait(name: string, cluster: string, head: number, tail: number, bytes = 0): void {
    const largeBytes = bytes > LARGE_BYTES ? bytes : 0
    const ends = { head, second: undefined, tail, largeBytes }
    const group: Group = { name, cluster, ...ends, state: 'waiting' }
    this.#groups.set(name, group)
    if (largeBytes === 0) this.#waiting.add(group)
    else {
      this.#largeCount += 1
      this.#waitingLarge.add(group)
    }
  }

  #move(name: string, head: number, from: Group['state'], to: Group['state']): Group | undefined {
    const group = this.#groups.get(name)
    if (group?.head !== head || group.state !== from) return undefined
    group.state = to
    return group
  }
}
