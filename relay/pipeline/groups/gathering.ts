import { CelError } from '../../cel/cel-error.ts'
import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { mergedEvent } from '../merge-metadata.ts'
import type { MatchedCandidate } from '../prepare.ts'
import type { GroupRule } from '../rules/group-rule.ts'
import { ruleVariables } from '../rules/rule-variables.ts'
import { windowKey } from './windows.ts'

/** How deliveries come together. */
export interface Gathering {
  /** The State key of the window that they come together in; an error when it cannot be told. */
  readonly window: { readonly key: string } | { readonly error: string }
  /** How long their message waits after each delivery, and after the first at most, in milliseconds. */
  readonly waitMs: number
  readonly maxMs: number
  /** Of fewer deliveries each has a message of its own. */
  readonly least: number
  /** Why they come together, as people read it. */
  readonly why: string
}

/** How long a message waits for others while its destination limits the rate. */
const FOLD_MS = 10_000

/** How many deliveries of one Provider must wait for a destination that limits the rate. */
const LEAST_FOLDED = 3

/** Gathers by the rule `group-by` of the Alert or its Provider. */
export function gatherByRule(
  { cluster, event, objectLabels }: DeliveryRecord<Status>,
  { alert, provider }: MatchedCandidate,
  { by, waitMs, maxMs }: GroupRule,
): Gathering {
  const why = 'by the rule group-by'
  const input = { event: mergedEvent(event, alert).event, objectLabels }
  const times = { waitMs, maxMs, least: 2, why }
  try {
    const name = by.evaluate(ruleVariables(cluster, input, alert, provider.provider))
    return { window: { key: windowKey(cluster, alert.metadata.uid, name) }, ...times }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return { window: { error: error.message }, ...times }
  }
}

/** Gathers what goes to a Provider whose destination limits the rate. */
export function gatherForLimit(
  { cluster }: DeliveryRecord<Status>,
  { provider }: MatchedCandidate,
): Gathering {
  return {
    window: { key: windowKey(cluster, provider.provider.metadata.uid, '') },
    waitMs: FOLD_MS,
    maxMs: FOLD_MS,
    least: LEAST_FOLDED,
    why: 'as the destination limits the rate',
  }
}
