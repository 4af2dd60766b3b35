import { InvalidArgumentError } from 'commander'
import type { AlertVerdict } from '../../relay/api/schemas/explain.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { VERDICTS } from './report.ts'

/** What a person expects of the Alerts that lead to a Provider. */
export interface Expectation {
  /** The expectation as the person wrote it. */
  readonly text: string
  /** `namespace/name`, or a name of whatever namespace. */
  readonly provider: string
  readonly outcome: string
}

/** Reads `--expect flux-system/slack=delivered`, which may be given several times. */
export function parseExpectation(
  text: string,
  before: readonly Expectation[] = [],
): readonly Expectation[] {
  const [, provider = '', word] = /^([^=]+)=(.*)$/.exec(text) ?? []
  const outcome = VERDICTS.find((known) => known === word)
  if (outcome !== undefined && /^[^/]+(\/[^/]+)?$/.test(provider)) {
    return [...before, { text, provider, outcome }]
  }
  throw new InvalidArgumentError(
    `expected PROVIDER=OUTCOME such as flux-system/slack=delivered; outcomes are ${VERDICTS.join(', ')}.`,
  )
}

/**
 * What is otherwise than it was expected; undefined when nothing is. `skipped` and `suppressed` mean that
 * no Alert brings the event there; any other outcome, that one of them comes to it.
 */
export function unmet(
  { text, provider, outcome }: Expectation,
  verdicts: readonly AlertVerdict[],
): string | undefined {
  const leading = verdicts.filter((verdict) => leadsTo(verdict, provider))
  if (leading.length === 0) return `expected ${text}: no Alert leads to a Provider ${provider}`
  const is = (verdict: AlertVerdict) => verdict.outcome === outcome
  const isKept = outcome === 'skipped' || outcome === 'suppressed'
  if (isKept ? leading.every(is) : leading.some(is)) return undefined
  const others = leading.filter((verdict) => !is(verdict))
  const said = others.map(
    (verdict) => `${verdict.outcome} by Alert ${namespacedName(verdict.alert)} (${verdict.reason})`,
  )
  return `expected ${text}: it is ${said.join(', ')}`
}

function leadsTo({ provider }: AlertVerdict, wanted: string): boolean {
  if (provider === undefined) return false
  return wanted === (wanted.includes('/') ? namespacedName(provider) : provider.name)
}
