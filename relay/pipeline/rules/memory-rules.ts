import { RuleError } from './rule-error.ts'

/** What an Alert with the rule `only` is told: failures and recoveries, or these and new successes. */
export const ONLY = ['failures', 'changes'] as const
export type Only = (typeof ONLY)[number]

/** The rules that remember what an Alert was told about an object. */
export interface MemoryRules {
  readonly only?: Only
}

/** Reads `failures` or `changes`. Throws `RuleError`. */
export function parseOnly(source: string): Only {
  const found = ONLY.find((name) => name === source.trim())
  if (found === undefined) {
    throw new RuleError(`expected ${ONLY.join(' or ')}; ${JSON.stringify(source)} is neither`)
  }
  return found
}
