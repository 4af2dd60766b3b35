import { CelError } from '../../cel/cel-error.ts'
import { type Condition, MAX_CONDITION_COST } from '../../cel/condition.ts'
import type { CompiledAlert } from '../compiled-alert.ts'
import type { LastTold } from '../episodes/last-told.ts'
import { mergedEvent } from '../merge-metadata.ts'
import type { CompiledProvider } from '../routing-table.ts'
import type { MatchInput } from '../source-index.ts'
import { ruleVariables } from './rule-variables.ts'

/** What the condition of an Alert says of one event. */
export interface ConditionResult {
  readonly holds: boolean
  /** Why it could not be evaluated: it then counts as if it held, and the ledger says so. */
  readonly error?: string
  /** In the steps of CEL, the making of its variables included. */
  readonly cost: number
}

/** What the variables of a condition cost: as much time as so many steps. */
const VARIABLES_COST = 1_000

const NO_CONDITION: ConditionResult = { holds: true, cost: 0 }

/** The tests of one event by the conditions of Alerts and Providers. Each Alert tests it once. */
export class ConditionTests {
  readonly #input: MatchInput
  #results: Map<CompiledAlert, ConditionResult> | undefined
  #last: Map<CompiledAlert, LastTold> | undefined

  constructor(input: MatchInput) {
    this.#input = input
  }

  /** Lets the condition of an Alert see what that was last told, before it is tested. */
  showLast(alert: CompiledAlert, last: LastTold): void {
    this.#last ??= new Map()
    this.#last.set(alert, last)
  }

  /** Tests the event by the condition of an Alert, or else by that of its Provider. */
  resultOf(cluster: string, alert: CompiledAlert, provider: CompiledProvider): ConditionResult {
    const condition = alert.rules.when ?? provider.rules.when
    if (condition === undefined) return NO_CONDITION
    this.#results ??= new Map()
    const known = this.#results.get(alert)
    if (known !== undefined) return known
    const result = this.#test(condition, cluster, alert, provider)
    this.#results.set(alert, result)
    return result
  }

  #test(
    condition: Condition,
    cluster: string,
    compiled: CompiledAlert,
    { provider }: CompiledProvider,
  ): ConditionResult {
    try {
      const { event, objectLabels } = this.#input
      const { alert } = compiled
      const last = this.#last?.get(compiled)
      const input = { event: mergedEvent(event, alert).event, objectLabels, last }
      const { holds, cost } = condition.test(ruleVariables(cluster, input, alert, provider))
      return { holds, cost: cost + VARIABLES_COST }
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      // It may have cost as much as it could.
      return { holds: true, error: error.message, cost: MAX_CONDITION_COST }
    }
  }
}
