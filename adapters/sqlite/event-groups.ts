import { Schedule } from './schedule.ts'

/** A group that has messages, by the sequence of its oldest. */
export interface GroupHead {
  readonly group: string
  readonly head: number
}

interface Group {
  readonly name: string
  head: number
  /** `acknowledging`: its head is about to be deleted. */
  state: 'waiting' | 'leased' | 'acknowledging'
}

/**
 * Which groups have messages, and which of them may hand out their oldest one. The messages stay
 * in the database, so a group costs the same whether it has one or a hundred thousand.
 */
export class EventGroups {
  readonly #groups = new Map<string, Group>()
  readonly #waiting = new Schedule<Group>((a, b) => a.head < b.head)

  constructor(heads: readonly GroupHead[]) {
    for (const { group, head } of heads) this.added(group, head)
  }

  /** A message was added, behind those that its group has. */
  added(name: string, sequence: number): void {
    if (!this.#groups.has(name)) this.#wait(name, sequence)
  }

  /** Leases the oldest message that may be handed out. */
  lease(now: number): GroupHead | undefined {
    const group = this.#waiting.take(now)
    if (!group) return undefined
    group.state = 'leased'
    return { group: group.name, head: group.head }
  }

  /** Whether the message is leased; if so nothing else can end the lease before `deleted`. */
  acknowledging(name: string, sequence: number): boolean {
    return this.#move(name, sequence, 'leased', 'acknowledging') !== undefined
  }

  /** The message could not be deleted: its lease goes on. */
  notDeleted(name: string, sequence: number): void {
    this.#move(name, sequence, 'acknowledging', 'leased')
  }

  /** The group's head was deleted; the next one, if any, may be handed out. */
  deleted(name: string, nextHead: number | undefined): void {
    this.#groups.delete(name)
    if (nextHead !== undefined) this.#wait(name, nextHead)
  }

  /** Puts a leased message back; false when it is not leased. */
  release(name: string, sequence: number, notBefore: number): boolean {
    const group = this.#move(name, sequence, 'leased', 'waiting')
    if (group) this.#waiting.delay(group, notBefore)
    return group !== undefined
  }

  nextWakeAt(now: number): number | undefined {
    return this.#waiting.nextWakeAt(now)
  }

  #wait(name: string, head: number): void {
    const group: Group = { name, head, state: 'waiting' }
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
