import { z } from 'zod'
import type { EventOrder } from '../../model/delivery.ts'
import { hashParts } from '../../model/hash.ts'
import { jsonValue } from '../../model/json-value.ts'
import type { Notification, TryPorts } from '../contract.ts'

/**
 * How long a delivery keeps others from what it began and did not end: longer than a try may take. Milliseconds.
 */
const TURN_MS = 90_000

/** How long what is remembered is not written again although it is used: it is kept much longer. Milliseconds. */
const RENEW_AFTER_MS = 24 * 3_600_000

/** The most deliveries that are remembered because a part of them is done. */
const MAX_REPLIED = 100

/** What one delivery does, and until when the others wait for it, in milliseconds since the epoch. */
const Turn = z.object({ by: z.string(), until: z.number() })

/** What is remembered of a thread. Any text of another form counts as nothing. */
const ThreadState = z.object({
  version: z.literal(1),
  /** What the service knows the thread by: its first message, or its topic. */
  root: z.string().optional(),
  /** When it was written last, in milliseconds since the epoch. */
  usedAt: z.number().optional(),
  /** Who opens the thread. */
  opening: Turn.optional(),
  /** The order of the newest event that the first message shows, or will show. */
  latest: z.string().optional(),
  /** Who changes the first message. */
  updating: Turn.optional(),
  /** The deliveries whose reply was sent, while their change of the first message is not done. */
  replied: z.array(z.string()).optional(),
})
type ThreadState = z.infer<typeof ThreadState>

const NOTHING: ThreadState = { version: 1 }

/** Where a delivery finds its thread. */
export type Entry =
  /** There is none, and this delivery opens it: it has to say `opened` or `notOpened`. */
  | { readonly kind: 'opening' }
  /** Another delivery opens it. */
  | { readonly kind: 'busy' }
  /** `hasReplied`: an earlier try of this delivery sent its reply. */
  | { readonly kind: 'open'; readonly root: string; readonly hasReplied: boolean }

/** What a delivery has to do about the first message of its thread. */
export type Update = 'update' | 'busy' | 'newer'

/**
 * A thread, as one delivery sees it. What is remembered is shared by all that deliver to the same place, so that two
 * deliveries open one thread, and the first message shows the newest event at last.
 */
export class ThreadMemory {
  readonly #tryPorts: Pick<TryPorts, 'memory' | 'clock'>
  readonly #key: string
  readonly #deliveryId: string
  readonly #order: EventOrder

  /** `place`: what tells the place of the thread apart from others, such as the channel. */
  constructor(
    tryPorts: Pick<TryPorts, 'memory' | 'clock'>,
    { thread, provider, deliveryId }: Notification,
    place: readonly string[],
  ) {
    this.#tryPorts = tryPorts
    this.#key = hashParts('thread', provider.uid, ...place, thread?.name ?? '')
    this.#deliveryId = deliveryId
    this.#order = thread?.order ?? ''
  }

  /** Finds the thread, or begins to open it. */
  enter(): Promise<Entry> {
    return this.#change<Entry>((state, now) => {
      if (state.root !== undefined) {
        const hasReplied = state.replied?.includes(this.#deliveryId) === true
        const isFresh = now - (state.usedAt ?? 0) < RENEW_AFTER_MS
        return {
          ...(!isFresh && { state: { ...state, usedAt: now } }),
          result: { kind: 'open', root: state.root, hasReplied },
        }
      }
      if (this.#isOther(state.opening, now)) return { result: { kind: 'busy' } }
      return { state: { ...NOTHING, opening: this.#turn(now) }, result: { kind: 'opening' } }
    })
  }

  /** Remembers what the thread is known by, whose first message is that of this delivery. */
  opened(root: string): Promise<void> {
    return this.#change((_, now) => ({
      state: { ...NOTHING, root, usedAt: now, latest: this.#order },
      result: undefined,
    }))
  }

  /** Lets others open the thread. */
  notOpened(): Promise<void> {
    return this.#change((state) => ({
      ...(state.opening?.by === this.#deliveryId && { state: NOTHING }),
      result: undefined,
    }))
  }

  /** Forgets a thread that is gone at the service. */
  gone(root: string): Promise<void> {
    return this.#change((state) => ({
      ...(state.root === root && { state: NOTHING }),
      result: undefined,
    }))
  }

  /**
   * Notes that the reply was sent, and begins to change the first message, unless a newer event was there before, or
   * another delivery is changing it.
   */
  beginUpdate(): Promise<Update> {
    return this.#change<Update>((state, now) => {
      const { latest = '', replied = [] } = state
      const others = replied.filter((id) => id !== this.#deliveryId)
      if (latest > this.#order) return { state: withReplied(state, others), result: 'newer' }
      const own = withReplied({ ...state, latest: this.#order }, [...others, this.#deliveryId])
      if (this.#isOther(state.updating, now)) return { state: own, result: 'busy' }
      return { state: { ...own, updating: this.#turn(now) }, result: 'update' }
    })
  }

  /** Lets others change the first message. `isDone`: nothing of this delivery is left to do. */
  endUpdate(isDone: boolean): Promise<void> {
    return this.#change((state) => {
      const { updating, replied = [], ...rest } = state
      const left = isDone ? replied.filter((id) => id !== this.#deliveryId) : replied
      const kept = updating?.by === this.#deliveryId ? rest : { ...rest, updating }
      return { state: withReplied(kept, left), result: undefined }
    })
  }

  #turn(now: number) {
    return { by: this.#deliveryId, until: now + TURN_MS }
  }

  #isOther(turn: ThreadState['updating'], now: number): boolean {
    return turn !== undefined && turn.until > now && turn.by !== this.#deliveryId
  }

  async #change<T>(
    step: (state: ThreadState, now: number) => { readonly state?: ThreadState; readonly result: T },
  ): Promise<T> {
    const { memory, clock } = this.#tryPorts
    let result: { readonly value: T } | undefined
    await memory.change(this.#key, (text) => {
      const read = ThreadState.safeParse(jsonValue(text ?? ''))
      const next = step(read.success ? read.data : NOTHING, clock.now())
      result = { value: next.result }
      return next.state && JSON.stringify(next.state)
    })
    if (result === undefined) throw new Error('the memory of a thread was not asked')
    return result.value
  }
}

function withReplied(
  { replied: _, ...state }: ThreadState,
  replied: readonly string[],
): ThreadState {
  return replied.length === 0 ? state : { ...state, replied: replied.slice(-MAX_REPLIED) }
}
