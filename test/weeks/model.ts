const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const WEEK_MS = 7 * 24 * HOUR_MS

/** An event about an object, with a word that no other has. */
export interface ModelEvent {
  readonly object: string
  readonly kind: 'failed' | 'done' | 'going'
  readonly revision: string
  readonly word: string
}

/** The rules of an Alert, as its annotations say them. */
export interface ModelRules {
  readonly only?: 'failures' | 'changes'
  /** Milliseconds, or how many times. */
  readonly after?: { readonly ms: number } | { readonly times: number }
  readonly remindMs?: number
  readonly group?: { readonly waitMs: number; readonly maxMs: number }
}

/** What the chat of an Alert is expected to show: an event's word, with the reminder's number, or how many events a group has. */
export interface Expected {
  readonly says: string
  /** By the even clock, in milliseconds. */
  readonly at: number
}

/** What is remembered of one object. */
interface Episode {
  since: number
  count: number
  revision: string
  word: string
  isTold: boolean
  /** When it is told, if a rule or a silence holds it back. */
  heldUntil?: number
  heldFor: Hold
  remindAt?: number
  remindFor: Hold
  reminders: number
}

/** The end of the silence that holds something back, by the clock on the wall. */
interface Hold {
  until?: number
}

function newEpisode(since: number, revision: string, word: string): Episode {
  const begun = { count: 0, isTold: false, reminders: 0, heldFor: {}, remindFor: {} }
  return { since, ...begun, revision, word }
}

/** When nothing may be told at a moment: until when by the clock on the wall, or undefined. */
export type SilencedUntil = (wall: number) => number | undefined

/**
 * What docs/rules.md and docs/silences.md say about one Alert, worked out moment by moment. `times` tell of the moments: by the
 * even clock, and on the wall.
 */
export class AlertModel {
  readonly expected: Expected[] = []
  readonly #rules: ModelRules
  readonly #silencedUntil: SilencedUntil
  readonly #episodes = new Map<string, Episode>()
  readonly #successes = new Map<string, string>()
  #window: { readonly openedAt: number; dueAt: number; readonly words: string[] } | undefined

  constructor(rules: ModelRules, silencedUntil: SilencedUntil = () => undefined) {
    this.#rules = rules
    this.#silencedUntil = silencedUntil
  }

  event(event: ModelEvent, at: number, wall: number): void {
    this.pass(at, wall)
    if (event.kind === 'failed') this.#failed(event, at, wall)
    else if (event.kind === 'done') this.#done(event, at, wall)
    else if (this.#rules.only === undefined) this.#tell(event.word, at, wall)
  }

  /** Does what is due at a moment. */
  pass(at: number, wall: number): void {
    if (this.#window && this.#window.dueAt <= at) {
      const { words } = this.#window
      const [word = ''] = words
      this.expected.push({ says: words.length === 1 ? word : `${words.length} events`, at })
      this.#window = undefined
    }
    for (const episode of this.#episodes.values()) {
      const { isTold, heldUntil = Number.POSITIVE_INFINITY } = episode
      if (!isTold && heldUntil <= at && this.#isFree(episode.heldFor, wall)) {
        delete episode.heldUntil
        this.#tellFailure(episode, at)
      }
      const { remindAt = Number.POSITIVE_INFINITY } = episode
      if (!episode.isTold || remindAt > at || !this.#isFree(episode.remindFor, wall)) continue
      episode.reminders += 1
      this.expected.push({ says: `${episode.word} reminder ${episode.reminders}`, at })
      this.#remindFrom(episode, at)
    }
  }

  /** Whether no silence holds back; one that does is waited for to its end, whatever the clock is set to. */
  #isFree(hold: Hold, wall: number): boolean {
    if (hold.until !== undefined && wall < hold.until) return false
    const until = this.#silencedUntil(wall)
    if (until === undefined) return true
    hold.until = until
    return false
  }

  #failed({ object, revision, word }: ModelEvent, at: number, wall: number): void {
    const { only, after } = this.#rules
    const known = this.#episodes.get(object)
    // What a silence alone holds back is on its way.
    const isOnItsWay = known?.heldUntil !== undefined && !(after && 'ms' in after)
    const isKnown = known?.isTold || isOnItsWay
    if (isKnown && only !== undefined && known?.revision === revision) return
    const episode = known ?? newEpisode(at, revision, word)
    this.#episodes.set(object, episode)
    episode.count += 1
    if (!episode.isTold && after && 'times' in after && episode.count < after.times) return
    Object.assign(episode, { revision, word })
    if (!episode.isTold && after && 'ms' in after) {
      episode.heldUntil ??= at + after.ms
      return
    }
    const heldFor = {}
    if (!this.#isFree(heldFor, wall)) {
      Object.assign(episode, { isTold: false, heldUntil: at, heldFor })
      return
    }
    this.#tellFailure(episode, at)
  }

  #tellFailure(episode: Episode, at: number): void {
    this.#say(episode.word, at)
    Object.assign(episode, { isTold: true, reminders: 0 })
    this.#remindFrom(episode, at)
  }

  #remindFrom(episode: Episode, at: number): void {
    delete episode.remindAt
    const { remindMs } = this.#rules
    if (remindMs === undefined || at + remindMs > episode.since + WEEK_MS) return
    episode.remindAt = at + remindMs
    episode.remindFor = {}
  }

  #done({ object, revision, word }: ModelEvent, at: number, wall: number): void {
    const { only, after } = this.#rules
    const failure = this.#episodes.get(object)
    const before = this.#successes.get(object)
    this.#episodes.delete(object)
    this.#successes.set(object, revision)
    const isNews = before === undefined ? failure === undefined : before !== revision
    const isTold =
      failure?.isTold === true ||
      (only === undefined && (failure === undefined || after === undefined)) ||
      (only !== 'failures' && isNews)
    if (isTold) this.#tell(word, at, wall)
  }

  #tell(word: string, at: number, wall: number): void {
    if (this.#silencedUntil(wall) === undefined) this.#say(word, at)
  }

  #say(word: string, at: number): void {
    const { group } = this.#rules
    if (group === undefined) {
      this.expected.push({ says: word, at })
      return
    }
    this.#window ??= { openedAt: at, dueAt: at + group.waitMs, words: [] }
    const window = this.#window
    window.words.push(word)
    window.dueAt = Math.max(
      window.dueAt,
      Math.min(at + group.waitMs, window.openedAt + group.maxMs),
    )
  }
}
