import { CelError } from '../../cel/cel-error.ts'
import type { RuleVariables } from '../../cel/condition.ts'
import { compileTextExpression, type TextExpression } from '../../cel/text-expression.ts'
import type { FieldError } from '../../model/errors.ts'
import { annotationField } from '../../model/rule-annotations.ts'
import { ellipsize } from '../../model/text.ts'
import type { Notification, ProviderType } from '../../providers/contract.ts'
import { compileFields, type Field } from './fields.ts'
import type { CompileRule } from './memory-rules.ts'

/** The longest value of a label, in UTF-16 units. */
const MAX_LABEL_LENGTH = 1_000

/** What rules say of the incident that an event belongs to. */
export interface IncidentRules {
  /** The key of the incident. */
  readonly key?: TextExpression
  /** The labels that replace those that an alert has, or are added to them. */
  readonly labels?: readonly Field[]
}

/** What a delivery says of its incident. */
export interface RenderedIncident extends Pick<Notification, 'incidentKey' | 'incidentLabels'> {
  /** What could not be made, and why: the usual one is sent then. */
  readonly notes: readonly string[]
}

/** Compiles the rules of incidents; undefined without any. */
export function compileIncident(compiled: CompileRule): IncidentRules | undefined {
  const key = compiled('incident-key', compileTextExpression)
  const labels = compiled('incident-labels', compileFields)
  if (!(key || labels)) return undefined
  return { ...(key && { key }), ...(labels && { labels }) }
}

/** The rules of incidents for a delivery: those of the Alert, or else of its Provider. */
export function incidentRules(
  alert: IncidentRules | undefined,
  provider: IncidentRules | undefined,
): IncidentRules | undefined {
  return alert && provider ? { ...provider, ...alert } : (alert ?? provider)
}

/** The rules of incidents that a type of Provider cannot follow. */
export function incidentMisfits(
  { key, labels }: IncidentRules = {},
  { type, hasIncidentKey, hasIncidentLabels }: ProviderType,
): readonly FieldError[] {
  const misfit = (name: 'incident-key' | 'incident-labels', what: string) => ({
    field: annotationField(name),
    message: `what ${type} takes has no ${what}; remove the annotation`,
  })
  return [
    ...(key && !hasIncidentKey ? [misfit('incident-key', 'key of an incident')] : []),
    ...(labels && !hasIncidentLabels ? [misfit('incident-labels', 'labels')] : []),
  ]
}

/** Makes what a delivery says of its incident. */
export function renderIncident(
  { key, labels }: IncidentRules,
  variables: RuleVariables,
): RenderedIncident {
  const notes: string[] = []
  const orNote = (name: string, make: () => string): string | undefined => {
    try {
      return make().trim()
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      notes.push(`the rule ${name} has no effect, as it failed: ${error.message}`)
      return undefined
    }
  }
  const incidentKey = key && orNote('incident-key', () => key.evaluate(variables))
  if (incidentKey === '')
    notes.push('the rule incident-key has no effect, as it gave an empty text')
  const made = labels?.flatMap(({ name, text }) => {
    const value = orNote(`incident-labels (${name})`, () => text.render(variables))
    return value === undefined ? [] : [[name, ellipsize(value, MAX_LABEL_LENGTH)] as const]
  })
  return {
    ...(incidentKey && { incidentKey }),
    ...(made && { incidentLabels: Object.fromEntries(made) }),
    notes,
  }
}
