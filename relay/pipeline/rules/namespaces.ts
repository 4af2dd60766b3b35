import { KubernetesName } from '../../model/kubernetes.ts'
import { RuleError } from './rule-error.ts'

/** The namespaces of an Alert's objects: all, or those with these names. */
export type Namespaces = 'all' | readonly string[]

const ALL = '*'

/** The most namespaces that one rule names. */
const MAX_NAMESPACES = 100

/** Reads `apps,infra` or `*`. Throws `RuleError`. */
export function parseNamespaces(source: string): Namespaces {
  const names = source.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0] === ALL) return 'all'
  const wrong = names.find((name) => !KubernetesName.safeParse(name).success)
  if (wrong !== undefined) {
    throw new RuleError(
      `expected names of namespaces such as apps,infra, or * for all; ${JSON.stringify(wrong)} is none`,
    )
  }
  if (names.length > MAX_NAMESPACES) {
    throw new RuleError(`expected at most ${MAX_NAMESPACES} namespaces, or * for all`)
  }
  return [...new Set(names)]
}
