import type { Awaitable } from '../model/awaitable.ts'
import type { Pattern } from '../model/pattern.ts'
import type { CompiledAlert, ListEntry } from './compiled-alert.ts'
import type { Miss } from './rule.ts'
import type { Pause } from './slices.ts'

/** How many steps are made without a pause, unless one pattern takes more: about 20 ms of work. */
const SLICE_STEPS = 1_000_000

/** The tests of one message by patterns. Each pattern tests it once, however many Alerts have it. */
export class MessageTests {
  readonly #message: string
  #results: Map<Pattern, boolean> | undefined
  #steps = 0

  constructor(message: string) {
    this.#message = message
  }

  /**
   * The reason why the lists of an Alert hold the message back; undefined when they let it through.
   */
  missOf({ alert, inclusion, exclusion }: CompiledAlert): Miss | undefined {
    const matches = (entry: ListEntry) => this.#test(entry.pattern)
    if (alert.spec.inclusionList.length > 0 && !inclusion.some(matches)) {
      return { rule: 'inclusionList', reason: 'no pattern of inclusionList matches the message' }
    }
    const excluding = exclusion.find(matches)
    if (excluding === undefined) return undefined
    const { field, pattern } = excluding
    return { rule: 'exclusionList', reason: `excluded by ${field} /${pattern.source}/` }
  }

  /**
   * Makes the tests that `missOf` will make for these Alerts, with pauses between them, if they
   * may take long. `stepsACharacter` is the most steps that all patterns together take for one
   * character.
   */
  testAhead(
    alerts: Iterable<CompiledAlert>,
    stepsACharacter: number,
    pause: Pause,
  ): Awaitable<void> {
    if (this.#message.length * stepsACharacter <= SLICE_STEPS) return undefined
    return this.#testInSlices(alerts, pause)
  }

  async #testInSlices(alerts: Iterable<CompiledAlert>, pause: Pause): Promise<void> {
    for (const { inclusion, exclusion } of alerts) {
      for (const rules of [inclusion, exclusion]) {
        for (const { pattern } of rules) {
          const isMatch = this.#test(pattern)
          if (this.#steps > SLICE_STEPS) {
            this.#steps = 0
            await pause()
          }
          if (isMatch) break
        }
      }
    }
  }

  #test(pattern: Pattern): boolean {
    this.#results ??= new Map()
    const known = this.#results.get(pattern)
    if (known !== undefined) return known
    const isMatch = pattern.test(this.#message)
    this.#steps += pattern.steps * this.#message.length
    this.#results.set(pattern, isMatch)
    return isMatch
  }
}
