import { Schedule } from './schedule.ts'

/** A group that has messages, by the sequences of its oldest and its newest. */
export interface GroupEnds {
  readonly group: string
  readonly head: number
  readonly tail: number
}

/** What a lease hands out: the name of a group, and the sequence of its oldest message. */
export interface GroupHead {
  readonly name: string
  readonly head: number
}

interface Group extends GroupHead {
  /** The one behind the head, when that is known. */
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
  readonly #waiting = new Schedule<Group>((a, b) => a.head < b.head)

  /** Groups that were there before. */
  load(groups: readonly GroupEnds[]): void {
    for (const { group, head, tail } of groups) this.#wait(group, head, tail)
  }

  /** The sequence of the oldest of all messages. */
  get oldest(): number | undefined {
    let oldest: number | undefined
    for (const { head } of this.#groups.values()) oldest = Math.min(oldest ?? head, head)
    return oldest
  }

  /** A message was added, behind those that its group has. */
  added(name: string, sequence: number): void {
    const group = this.#groups.get(name)
    if (!group) this.#wait(name, sequence, sequence)
    else {
      if (group.tail === group.head) group.second = sequence
      group.tail = sequence
    }
  }

  /** Whether a group has a message behind its oldest, and nobody knows which. */
  hasUnknown(name: string): boolean {
    const group = this.#groups.get(name)
    return group !== undefined && group.tail > group.head && group.second === undefined
  }

  /** Leases the oldest message that may be handed out. */
  lease(now: number): GroupHead | undefined {
    const group = this.#waiting.take(now)
    if (group) group.state = 'leased'
    return group
  }

  /** Whether the message is leased; if so nothing else can end the lease before `left`. */
  leaving(name: string, sequence: number): boolean {
    return this.#move(name, sequence, 'leased', 'leaving') !== undefined
  }

  /** The message could not leave: its lease goes on. */
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
    if (next === undefined) return false
    this.#wait(name, next, group?.tail ?? next)
    return true
  }

  /** Puts a leased message back; false when it is not leased. */
  release(name: string, sequence: number, notBefore: number): boolean {
    const group = this.#move(name, sequence, 'leased', 'waiting')
    if (group) this.#waiting.delay(group, notBefore)
    return group !== undefined
  }

  clockWasSet(byMs: number): void {
    this.#waiting.clockWasSet(byMs)
  }

  nextWakeAt(now: number): number | undefined {
    return this.#waiting.nextWakeAt(now)
  }

  #wait(name: string, head: number, tail: number): void {
    const group: Group = { name, head, second: undefined, tail, state: 'waiting' }
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
