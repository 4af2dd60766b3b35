import { stringify } from 'yaml'

/**
 * A value as a document of YAML. It has a module of its own, since it is loaded when it is needed: in the
 * package, a CommonJS module that is loaded so has a default export and no other.
 */
export function yamlOf(value: unknown): string {
  return stringify(value)
}
