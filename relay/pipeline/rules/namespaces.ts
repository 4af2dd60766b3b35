import { CLUSTER_NAME_FORM } from '../../model/config.ts'
import { KubernetesName } from '../../model/kubernetes.ts'
import { RuleError } from './rule-error.ts'

/** What a list of names allows, or is for: all, or those with these names. */
export type NameList = 'all' | readonly string[]

const ALL = '*'

/** The most names in one list. */
const MAX_NAMES = 100

/** Reads the names of namespaces: `apps,infra` or `*`. Throws `RuleError`. */
export function parseNamespaces(source: string): NameList {
  const isName = (name: string) => KubernetesName.safeParse(name).success
  return parseNames(source, 'namespaces such as apps,infra', isName)
}

/** Reads the names of clusters: `prod-eu-1,prod-us-1` or `*`. Throws `RuleError`. */
export function parseClusters(source: string): NameList {
  const isName = (name: string) => CLUSTER_NAME_FORM.test(name)
  return parseNames(source, 'clusters such as prod-eu-1,prod-us-1', isName)
}

/** `what` is the things that are named, with an example. */
function parseNames(source: string, what: string, isName: (name: string) => boolean): NameList {
  const names = source.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0] === ALL) return 'all'
  const wrong = names.find((name) => !isName(name))
  if (wrong !== undefined) {
    throw new RuleError(`expected names of ${what}, or * for all; ${JSON.stringify(wrong)} is none`)
  }
  if (names.length > MAX_NAMES) {
    throw new RuleError(`expected at most ${MAX_NAMES} ${what.split(' ', 1)[0]}, or * for all`)
  }
  return [...new Set(names)]
}

/** Whether a name is in a list. */
export function isIn(list: NameList, name: string): boolean {
  return list === 'all' || list.includes(name)
}
