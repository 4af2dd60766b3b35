import { compilePattern, type Pattern, type PatternError, patternCost } from '../model/pattern.ts'

/**
 * The most that the patterns of a cluster may cost to compile, in units of `patternCost`: about
 * five seconds. Each pattern counts once, however many Alerts have it, and once more for each kind
 * and namespace that its entries are for.
 */
const MAX_CLUSTER_COST = 500_000

/**
 * The most instructions of all patterns that an event of one kind and namespace may meet, each
 * counted once, and as many for Alerts of any namespace. That is enough for twenty of the largest patterns, or a thousand of ordinary size.
 */
export const MAX_EVENT_STEPS = 24_000

/** The events that meet a pattern, by kind and namespace; equal texts are equal events. */
export interface PatternEvents {
  readonly named: readonly string[]
  /** The events of a kind in any namespace. */
  readonly anywhere: readonly string[]
}

/** For a pattern that is only looked at. */
export const NO_EVENTS: PatternEvents = { named: [], anywhere: [] }

/** How much is compiled without a pause: some milliseconds of work. */
const SLICE = 500

/**
 * Bounds what the patterns of one cluster's configuration cost together. Entries are accepted in
 * their order until the budget is used up, so the same entries are accepted each time that a
 * configuration is compiled.
 */
export class PatternBudget {
  readonly #known = new Set<string>()
  /** The patterns and their steps, by the kind and namespace of events. */
  readonly #steps = new Map<string, { readonly sources: Set<string>; sum: number }>()
  /** The most that an event meets: of its namespace, and of any. */
  readonly #most = { named: 0, anywhere: 0 }
  #cost = 0
  #costAtPause = 0

  readonly #clusterCost: number

  constructor(clusterCost = MAX_CLUSTER_COST) {
    this.#clusterCost = clusterCost
  }

  /** Compiles an entry for events of these kinds and namespaces, if the budget allows it. */
  compile(source: string, { named, anywhere }: PatternEvents): Pattern | PatternError {
    const events = [...named, ...anywhere]
    const cost = events.length + (this.#known.has(source) ? 0 : patternCost(source))
    if (this.#cost + cost > this.#clusterCost) {
      const most = `more than ${this.#clusterCost} together to compile`
      return tooCostly(`it and the patterns of the cluster that come before it cost ${most}`)
    }
    this.#cost += cost
    this.#known.add(source)
    const pattern = compilePattern(source)
    if ('error' in pattern) return pattern
    const full = events.find((event) => this.#stepsWith(event, pattern) > MAX_EVENT_STEPS)
    if (full !== undefined) {
      const most = `more than ${MAX_EVENT_STEPS} steps a character together`
      return tooCostly(`it and the patterns for ${full} that come before it take ${most}`)
    }
    for (const event of named) this.#add(event, pattern, 'named')
    for (const event of anywhere) this.#add(event, pattern, 'anywhere')
    return pattern
  }

  /**
   * The steps that the patterns take for one character of a message, for the kind of events that
   * meets the most.
   */
  get mostSteps(): number {
    return this.#most.named + this.#most.anywhere
  }

  /**
   * Whether so much was compiled that other work should run now. False again until more was
   * compiled.
   */
  wantsPause(): boolean {
    if (this.#cost - this.#costAtPause < SLICE) return false
    this.#costAtPause = this.#cost
    return true
  }

  #add(event: string, pattern: Pattern, scope: keyof PatternEvents): void {
    const sum = this.#stepsWith(event, pattern)
    const sources = this.#steps.get(event)?.sources ?? new Set()
    this.#steps.set(event, { sources: sources.add(pattern.source), sum })
    this.#most[scope] = Math.max(this.#most[scope], sum)
  }

  #stepsWith(event: string, { source, steps }: Pattern): number {
    const known = this.#steps.get(event)
    if (known === undefined) return steps
    return known.sources.has(source) ? known.sum : known.sum + steps
  }
}

function tooCostly(error: string): PatternError {
  return { error, isTooCostly: true }
}
