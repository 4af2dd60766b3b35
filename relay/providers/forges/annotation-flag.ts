import { RELAY_ANNOTATION_PREFIX } from '../../model/kubernetes.ts'

/**
 * Reads an annotation of the relay that is true or false; without it false. A text is the error for
 * any other value.
 */
export function annotationFlag(
  annotations: Readonly<Record<string, string | undefined>>,
  name: string,
): boolean | string {
  const value = annotations[name]?.trim() ?? 'false'
  if (value === 'true' || value === 'false') return value === 'true'
  return `expected ${RELAY_ANNOTATION_PREFIX}${name} to be "true" or "false"`
}
