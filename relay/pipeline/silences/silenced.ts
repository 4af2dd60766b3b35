import { CelError } from '../../cel/cel-error.ts'
import { MAX_CONDITION_COST } from '../../cel/condition.ts'
import type { Event, Labels } from '../../model/event.ts'
import { mergedEvent } from '../merge-metadata.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { ruleVariables } from '../rules/rule-variables.ts'
import type { CompiledSilence, KnownSilences } from './active-silences.ts'

/**
 * The most that the conditions of all silences may cost for one delivery, in the steps of CEL: some
 * milliseconds, in which nothing else runs.
 */
const MAX_COST = 5 * MAX_CONDITION_COST

/** An event whose object has labels. */
export interface SilenceInput {
  readonly cluster: string
  readonly event: Event
  readonly objectLabels?: Labels | undefined
}

/** A silence that is in force. */
export interface SilenceInForce extends CompiledSilence {
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/** Whether a delivery is silenced, and by what. */
export interface Silencing {
  readonly by?: SilenceInForce
  /** Which silences could not be asked, and why: they silence nothing. */
  readonly notes: readonly string[]
}

/**
 * Whether silences are for what a type is told of an event. Types other than chat and incident tools show what is,
 * such as the status of a commit; and what resolves an incident always passes.
 */
export function maySilence({ type }: MatchedCandidate, event: Event): boolean {
  return type.family === 'chat' || (type.family === 'incident' && !type.resolves?.(event))
}

/** Whether a silence holds an event back, and does not keep it back for good. */
export function isFailure({ severity }: Event): boolean {
  return severity === 'error'
}

/** Asks the silences that are in force at `now`, in milliseconds since the epoch, about a delivery. */
export function findSilence(
  { silences, problems }: KnownSilences,
  input: SilenceInput,
  { alert, provider, silences: ofAlert = [] }: MatchedCandidate,
  now: number,
): Silencing {
  const active = inForce([...silences, ...ofAlert], now)
  if (active.length === 0) return { notes: problems }
  const { event } = mergedEvent(input.event, alert)
  const { objectLabels } = input
  const variables = ruleVariables(input.cluster, { event, objectLabels }, alert, provider.provider)
  const notes = [...problems]
  let spent = 0
  for (const silence of active) {
    if (spent > MAX_COST) {
      notes.push(
        `the silence ${silence.id}, and those that end before it, had no turn: others cost too much`,
      )
      break
    }
    try {
      const { holds, cost } = silence.condition.test(variables)
      if (holds) return { by: silence, notes }
      spent += cost
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      notes.push(`the silence ${silence.id} had no effect, as it failed: ${error.message}`)
      // It may have cost as much as it could.
      spent += MAX_CONDITION_COST
    }
  }
  return { notes }
}

/** The one that ends last comes first, so that what it holds is looked at as seldom as can be. */
function inForce(silences: readonly CompiledSilence[], now: number): readonly SilenceInForce[] {
  return silences
    .flatMap((silence) => {
      const endsAt = silence.endAt(now)
      return endsAt === undefined ? [] : [{ ...silence, endsAt }]
    })
    .toSorted((a, b) => b.endsAt - a.endsAt)
}

/** What silences a delivery, until when and why, for people. */
export function silencedText({ id, endsAt, reason }: SilenceInForce): string {
  return `silenced by ${id} until ${new Date(endsAt).toISOString()}: ${reason}`
}

/** Whether a silence is in force at `now`, in milliseconds since the epoch, that keeps a delivery from being sent. */
export function isSilencedBy(
  known: KnownSilences,
  input: SilenceInput,
  candidate: MatchedCandidate,
  now: number,
): boolean {
  return (
    maySilence(candidate, input.event) && findSilence(known, input, candidate, now).by !== undefined
  )
}

/** Whether an event that just came would be silenced at `now`, for people. */
export function silenceNotes(
  known: KnownSilences,
  input: SilenceInput,
  candidate: MatchedCandidate,
  now: number,
): readonly string[] {
  if (!maySilence(candidate, input.event)) return []
  const { by, notes } = findSilence(known, input, candidate, now)
  return by === undefined ? notes : [...notes, `not sent now: ${silencedText(by)}`]
}
