import { parse } from 'yaml'
import { readProjectFile } from '../../docs/generate/project.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'

/** An example of docs/rules.md. */
export interface RuleExample {
  /** As it stands in the page. */
  readonly source: string
  readonly object: KubernetesObject
}

/** The manifests in docs/rules.md. */
export function ruleExamples(): readonly RuleExample[] {
  return blocks('yaml').map((source) => ({ source, object: parse(source) as KubernetesObject }))
}

/** The conditions in docs/rules.md. */
export function conditionExamples(): readonly string[] {
  return blocks('cel')
}

const FENCE = '`'.repeat(3)

function blocks(language: string): readonly string[] {
  const parts = readProjectFile('docs/rules.md').split(`${FENCE}${language}\n`).slice(1)
  return parts.map((part) => part.slice(0, part.indexOf(FENCE)))
}
