import type { RuleVariables } from '../../cel/condition.ts'
import { compileTextExpression } from '../../cel/text-expression.ts'
import { type Event, objectName } from '../../model/event.ts'
import { annotationField } from '../../model/rule-annotations.ts'
import type { ProviderType } from '../../providers/contract.ts'

/** The word for one thread of each object. */
const BY_OBJECT = 'object'

/** Which messages belong into one thread. */
export interface ThreadRule {
  /** The name of an event's thread; empty for a message outside of threads. Throws `CelError`. */
  nameFor(event: Event, variables: RuleVariables): string
}

/** Compiles `object`, or a CEL expression that names a thread. Throws `CelError`. */
export function compileThread(source: string): ThreadRule {
  if (source.trim() === BY_OBJECT) {
    return {
      nameFor: ({ involvedObject }, { cluster }) => `${cluster}/${objectName(involvedObject)}`,
    }
  }
  const expression = compileTextExpression(source)
  return {
    nameFor: (_, variables) => expression.evaluate(variables).replace(/\s+/g, ' ').trim(),
  }
}

/** Why the messages of a Provider are in no thread; undefined when they can be in one. */
export function lackOfThreads(
  { type, threading }: ProviderType,
  settings: unknown,
): string | undefined {
  return threading === undefined ? `${type} has no threads` : threading.lacks?.(settings)
}

/** A warning about a rule for threads where there are none. */
export function plainMessages(
  { thread }: { readonly thread?: ThreadRule },
  lack: string | undefined,
): readonly string[] {
  if (thread === undefined || lack === undefined) return []
  return [`${annotationField('thread')} has no effect: ${lack}`]
}
