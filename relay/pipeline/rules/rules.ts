import { CelError } from '../../cel/cel-error.ts'
import { type Condition, compileCondition } from '../../cel/condition.ts'
import type { FieldError } from '../../model/errors.ts'
import {
  annotationField,
  type RuleBearer,
  unknownAnnotations,
} from '../../model/rule-annotations.ts'

/** The longest text of a rule, in UTF-16 units. */
const MAX_RULE_LENGTH = 8_192

/** The rules in the annotations of an Alert or a Provider. */
export interface Rules {
  readonly when?: Condition
  /**
   * What is wrong with an annotation, if anything. The object's deliveries then wait until it is mended:
   * nothing is sent, or kept back, by mistake.
   */
  readonly errors: readonly FieldError[]
}

/**
 * Compiles the relay's annotations of an object, whose names come without their prefix. `settings`: the
 * annotations that are known besides rules.
 */
export function compileRules(
  kind: RuleBearer,
  annotations: Readonly<Record<string, string>>,
  settings: ReadonlySet<string> = NO_SETTINGS,
): Rules {
  const unknown = unknownAnnotations(kind, annotations, settings)
  const { when: source } = annotations
  const when = source === undefined ? undefined : conditionOf('when', source)
  if (when === undefined) return unknown.length === 0 ? NO_RULES : { errors: unknown }
  return 'message' in when ? { errors: [...unknown, when] } : { when, errors: unknown }
}

const NO_SETTINGS: ReadonlySet<string> = new Set()

/** Most objects have none, and share this. */
const NO_RULES: Rules = { errors: [] }

function conditionOf(name: 'when', source: string): Condition | FieldError {
  const field = annotationField(name)
  if (source.length > MAX_RULE_LENGTH) {
    return { field, message: `expected at most ${MAX_RULE_LENGTH} characters` }
  }
  if (source.trim() === '') {
    return { field, message: "expected a CEL condition such as event.severity == 'error'" }
  }
  try {
    return compileCondition(source)
  } catch (error) {
    if (error instanceof CelError) return { field, message: error.message }
    throw error
  }
}
