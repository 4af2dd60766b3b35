import { RELAY_ANNOTATION_PREFIX } from '../../model/kubernetes.ts'

/** An annotation of the relay that says yes or no; without it, no. A text is why it is neither. */
export function annotationFlag(
  annotations: Readonly<Record<string, string>>,
  name: string,
): boolean | string {
  const value = annotations[name]?.trim() ?? 'false'
  if (value === 'true' || value === 'false') return value === 'true'
  return `expected ${RELAY_ANNOTATION_PREFIX}${name} to be "true" or "false"`
}
