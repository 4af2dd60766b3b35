/**
 * The rules by which an Alert does not take an event, by the names that programs know them by. Those of a
 * source stand in the order in which an event passes them.
 */
export const RULES = [
  'kind',
  'namespace',
  'severity',
  'name',
  'labels',
  'suspend',
  'inclusionList',
  'exclusionList',
  'cross-namespace',
  'provider',
  'provider-suspend',
  'annotations',
  'when',
  'found-end',
  'type',
  'after',
  'only',
] as const
export type Rule = (typeof RULES)[number]

/** A rule that says no, and why, for a person. */
export interface Miss {
  readonly rule: Rule
  readonly reason: string
}
