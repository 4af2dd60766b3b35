import type { RuleAnnotation } from '../../relay/model/rule-annotations.ts'

/** A duration as Go writes it, or with days, with a unit to each number. */
const DURATION = '(?:[0-9]+d|[0-9]+(?:[.][0-9]+)?(?:ms|s|m|h))+'

/**
 * What the values of some rules look like, as expressions that Go and JavaScript read alike. The relay is more exact: it
 * knows the shortest and the longest time too.
 */
export const VALUE_PATTERNS: Readonly<Partial<Record<RuleAnnotation, string>>> = {
  only: whole('failures|changes'),
  after: whole(`[0-9]+ times|${DURATION}`),
  remind: whole(DURATION),
  'group-wait': whole(`never|${DURATION}`),
  'group-max': whole(DURATION),
}

/**
 * A whole value; a text of several lines in YAML ends with a line break. The expression has none itself: a message that
 * quotes it would be left out by the API server.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression
 */
function whole(pattern: string): string {
  return String.raw`^\s*(?:${pattern})\s*$`
}
