import type { FieldError } from './errors.ts'
import { RELAY_ANNOTATION_PREFIX } from './kubernetes.ts'
import { nearestName } from './nearest-name.ts'

/** The kinds of objects that carry rules. */
export type RuleBearer = 'Alert' | 'Provider'

/**
 * The annotations that are rules, without the prefix `flux-relay.io/`, and the kinds that they go on.
 * Where both have one, that of the Alert counts.
 */
export const RULE_ANNOTATIONS = {
  when: ['Alert', 'Provider'],
  only: ['Alert', 'Provider'],
  after: ['Alert', 'Provider'],
  remind: ['Alert', 'Provider'],
  title: ['Alert', 'Provider'],
  text: ['Alert', 'Provider'],
  fields: ['Alert', 'Provider'],
  link: ['Alert', 'Provider'],
  thread: ['Alert', 'Provider'],
  'group-by': ['Alert', 'Provider'],
  'group-wait': ['Alert', 'Provider'],
  'group-max': ['Alert', 'Provider'],
  'incident-key': ['Alert', 'Provider'],
  'incident-labels': ['Alert', 'Provider'],
  self: ['Alert'],
  namespaces: ['Alert'],
  type: ['Provider'],
  provider: ['Alert'],
  'allow-namespaces': ['Provider'],
  'allow-clusters': ['Provider'],
} as const satisfies Readonly<Record<string, readonly RuleBearer[]>>

export type RuleAnnotation = keyof typeof RULE_ANNOTATIONS

/** The path of an annotation of the relay within its object. */
export function annotationField(name: string): string {
  return `metadata.annotations.${RELAY_ANNOTATION_PREFIX}${name}`
}

/**
 * The annotations under the relay's prefix that it does not know for a kind of object. `settings`: the
 * names that are known besides rules. A typing error in a rule would otherwise be silence, or noise.
 */
export function unknownAnnotations(
  kind: RuleBearer,
  annotations: Readonly<Record<string, string>>,
  settings: ReadonlySet<string>,
): readonly FieldError[] {
  const known = knownAnnotations(kind, settings)
  return Object.keys(annotations)
    .filter((name) => !known.has(name))
    .map((name) => ({ field: annotationField(name), message: unknown(name, kind, known) }))
}

/** The rules of a kind, and the annotations that are known besides. */
export function knownAnnotations(
  kind: RuleBearer,
  settings: ReadonlySet<string>,
): ReadonlySet<string> {
  const rules = Object.entries(RULE_ANNOTATIONS)
    .filter(([, kinds]) => (kinds as readonly RuleBearer[]).includes(kind))
    .map(([name]) => name)
  return new Set([...rules, ...settings])
}

function unknown(name: string, kind: RuleBearer, known: ReadonlySet<string>): string {
  if (Object.hasOwn(RULE_ANNOTATIONS, name)) {
    const kinds = RULE_ANNOTATIONS[name as RuleAnnotation].join(' or ')
    return `has no effect on this kind, ${kind}; it goes on ${kinds}`
  }
  const meant = nearestName(name, known)
  return `there is no such annotation${meant === undefined ? '' : `; did you mean ${RELAY_ANNOTATION_PREFIX}${meant}?`}`
}
