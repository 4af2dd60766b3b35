import { compilePattern, type Pattern, type PatternProblem, patternCost } from '../model/pattern.ts'

/**
 * Most that the patterns of a cluster may cost to compile (`patternCost`), each once however many Alerts
 * have it, and one for each kind and namespace that an entry is for: some five seconds.
 */
const MAX_CLUSTER_COST = 500_000

/**
 * Most instructions of all patterns that an event of one kind and namespace may meet, each once: twenty
 * of the largest, or a thousand such as people write.
 */
export const MAX_EVENT_STEPS = 24_000

/** What is compiled without a pause: some milliseconds of work. */
const SLICE = 500

/**
 * What the patterns of one cluster's configuration may cost together. The entries that fit in are taken
 * in their order; so the same ones are taken each time that a configuration is compiled.
 */
export class PatternBudget {
  readonly #known = new Set<string>()
  /** By the kind and namespace of events. */
  readonly #steps = new Map<string, { readonly sources: Set<string>; sum: number }>()
  #mostSteps = 0
  #cost = 0
  #costAtPause = 0

  readonly #clusterCost: number

  constructor(clusterCost = MAX_CLUSTER_COST) {
    this.#clusterCost = clusterCost
  }

  /** Compiles an entry that is for events of these kinds and namespaces, if it fits in. */
  compile(source: string, events: readonly string[]): Pattern | PatternProblem {
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
    for (const event of events) {
      const sum = this.#stepsWith(event, pattern)
      const sources = this.#steps.get(event)?.sources ?? new Set()
      this.#steps.set(event, { sources: sources.add(source), sum })
      this.#mostSteps = Math.max(this.#mostSteps, sum)
    }
    return pattern
  }

  /** Steps a character of the patterns that an event meets, of those events that meet the most. */
  get mostSteps(): number {
    return this.#mostSteps
  }

  /** Whether so much was compiled that others should work now. Not again until there was more. */
  wantsPause(): boolean {
    if (this.#cost - this.#costAtPause < SLICE) return false
    this.#costAtPause = this.#cost
    return true
  }

  #stepsWith(event: string, { source, steps }: Pattern): number {
    const known = this.#steps.get(event)
    if (known === undefined) return steps
    return known.sources.has(source) ? known.sum : known.sum + steps
  }
}

function tooCostly(error: string): PatternProblem {
  return { error, isTooCostly: true }
}
