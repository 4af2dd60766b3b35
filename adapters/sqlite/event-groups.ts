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
}

interface Group extends GroupHead {
  readonly cluster: string
  /** The sequence of the message behind the head, if known. */
  second: number | undefined
  tail: number
  /** `leaving`: its head is about to leave the queue. */
  state: 'waiting' | 'leased' | 'leaving'
}

/**
 * Which groups have messages, and which of them may hand out their oldest one. The messages stay
 * in the database, so a group costs the same whether it has one or a hundred thousand.
 */
export class EventGroups {
  readonly #groups = new Map<string, Group>()
  readonly #waiting = new Schedule<Group>(
    ({ cluster }) => cluster,
    (a, b) => a.head < b.head,
  )
  readonly #leases = new Leases()

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

  /** Reports a message that was added behind the others of its group. */
  added(name: string, cluster: string, sequence: number): void {
    const group = this.#groups.get(name)
    if (!group) this.#wait(name, cluster, sequence, sequence)
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
    const group = this.#waiting.take(now, (cluster) => this.#leases.allows(cluster, free))
    if (!group) return undefined
    group.state = 'leased'
    this.#leases.begin(group.cluster)
    return group
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
   * it was looked for. Says whether there is one.
   */
  left(name: string, found: number | undefined): boolean {
    const group = this.#groups.get(name)
    const next = found ?? group?.second
    this.#groups.delete(name)
    if (!group) return false
    this.#leases.end(group.cluster)
    if (next === undefined) return false
    this.#wait(name, group.cluster, next, group.tail)
    return true
  }

  /** Returns a leased message to the queue; false when it is not leased. */
  release(name: string, sequence: number, notBefore: number): boolean {
    const group = this.#move(name, sequence, 'leased', 'waiting')
    if (!group) return false
    this.#leases.end(group.cluster)
    this.#waiting.delay(group, notBefore)
    return true
  }

  clockWasSet(byMs: number): void {
    this.#waiting.clockWasSet(byMs)
  }

  nextWakeAt(now: number): number | undefined {
    return this.#waiting.nextWakeAt(now)
  }

  #wait(name: string, cluster: string, head: number, tail: number): void {
    const group: Group = { name, cluster, head, second: undefined, tail, state: 'waiting' }
    this.#groups.set(name, group)
    this.#waiting.add(group)
  }

  #move(name: string, head: number, from: Group['state'], to: Group['state']): Group | undefined {
    const group = this.#groups.get(name)
    if (group?.head !== head || group.state !== from) return undefined
    group.state = to
    return group
  }
}
