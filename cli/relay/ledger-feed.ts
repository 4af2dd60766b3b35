import { createDeliveryFeed, tellAudience } from '../../hosts/embedded/delivery-feed.ts'
import type { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type {
  DeliveryChange,
  DeliveryFeed,
  FeedSubscription,
} from '../../relay/ports/delivery-feed.ts'
import { BEAT_MS, lookAt, type TailSource } from './tail-look.ts'
import { TailState } from './tail-state.ts'

/** A feed that asks the ledger on a beat while somebody listens, since nothing there tells of changes. */
export interface LedgerFeed extends DeliveryFeed {
  /** Takes note of a page of a list. `isFirst`: whether it is the first one of the list. */
  shown(page: DeliveriesPage, isFirst: boolean): void
  /**
   * Tells why the ledger cannot be asked, at once where this is so, and an empty text once it answers again. Returns
   * what ends this.
   */
  onTrouble(tell: (text: string) => void): () => void
}

export interface LedgerFeedParts {
  readonly source: TailSource
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
}

/** The longest wait after a look that failed; it doubles with each one. Milliseconds. */
const MAX_BEAT_MS = 60_000

/** For how long what is known serves a reader that comes back. Milliseconds. */
const LINGER_MS = 60_000

/** For how long a change is told to new readers too, whose list may have been made before it. Milliseconds. */
const RECENT_MS = 10_000

/** Makes the feed of one cluster. */
export function createLedgerFeed({ source, clock }: LedgerFeedParts): LedgerFeed {
  const listeners = new Set<(text: string) => void>()
  const readers = new Set<FeedSubscription>()
  const beat = createBeat(() => lookOnce())
  let changes = createDeliveryFeed({ lingerMs: LINGER_MS })
  let state = new TailState()
  let recent: (Pick<DeliveryChange, 'record' | 'isNew'> & { readonly at: number })[] = []
  let trouble = ''
  let usedAt = clock.elapsed()

  const tellTrouble = (text: string) => {
    if (text === trouble) return
    trouble = text
    for (const tell of listeners) tell(text)
  }
  const isRecent = ({ at }: { readonly at: number }) => clock.elapsed() - at < RECENT_MS
  const lookOnce = async () => {
    const looking = state
    try {
      const found = await lookAt(source, looking, clock)
      // Another list was asked for meanwhile, with which it begins anew.
      if (looking !== state) return 'done'
      const at = clock.elapsed()
      const told = found.map((record) => ({ at, record, isNew: looking.isNew(record.id) }))
      recent = [...recent.filter(isRecent), ...told]
      for (const { record, isNew } of told) changes.changed(record, isNew)
      tellTrouble('')
      return 'done'
    } catch (error) {
      tellTrouble(error instanceof Error ? error.message : String(error))
      return 'failed'
    }
  }
  const leave = (subscription: FeedSubscription) => {
    subscription.end()
    if (!readers.delete(subscription) || readers.size > 0) return
    usedAt = clock.elapsed()
    beat.stop()
  }
  const forget = () => {
    state = new TailState()
    recent = []
  }
  return {
    subscribe(reader) {
      const subscription = changes.subscribe(reader)
      if (subscription === undefined) return undefined
      if (readers.size === 0 && clock.elapsed() - usedAt >= LINGER_MS) forget()
      const { audience } = reader
      const position = subscription.position()
      for (const { record, isNew } of recent.filter(isRecent)) {
        tellAudience(audience, { position, record, isNew })
      }
      readers.add(subscription)
      beat.start()
      return { position: subscription.position, end: () => leave(subscription) }
    },
    failed: (audience, error) => changes.failed(audience, error),
    changedSince: (position) => changes.changedSince(position),
    shown(page, isFirst) {
      if (readers.size === 0 && isFirst) {
        // Positions of before are unknown now: what changed between the two lists is.
        changes = createDeliveryFeed({ lingerMs: LINGER_MS })
        forget()
        usedAt = clock.elapsed()
      }
      state.shown(page)
    },
    onTrouble(tell) {
      listeners.add(tell)
      if (trouble !== '') tell(trouble)
      return () => listeners.delete(tell)
    },
  }
}

/** Works again and again between `start` and `stop`: on the beat, and ever more rarely while it fails. */
function createBeat(work: () => Promise<'done' | 'failed'>) {
  let timer: NodeJS.Timeout | undefined
  let isOn = false
  let isWorking = false
  let waitMs = BEAT_MS
  const run = async () => {
    isWorking = true
    waitMs = (await work()) === 'done' ? BEAT_MS : Math.min(2 * waitMs, MAX_BEAT_MS)
    isWorking = false
    if (isOn) timer = setTimeout(run, waitMs)
  }
  return {
    start() {
      if (isOn) return
      isOn = true
      if (!isWorking) timer = setTimeout(run, 0)
    },
    stop() {
      isOn = false
      clearTimeout(timer)
    },
  }
}
