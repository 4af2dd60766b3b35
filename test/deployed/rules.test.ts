import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { ruleExamples } from '../docs/rule-examples.ts'
import { runHelm } from '../support/chart.ts'
import { hasKubectl, kubectl } from '../support/kustomize.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const helm = inject('helm')
const OBJECTS = ruleExamples().map(({ object }) => object)

/** A folder with the examples, each in a file of its own, below `subfolder`. */
function written(subfolder: string, files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory()
  mkdirSync(join(folder, subfolder), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  for (const [index, { source }] of ruleExamples().entries()) {
    writeFileSync(join(folder, subfolder, `rule-${index}.yaml`), source)
  }
  return folder
}

const objectsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS())

/** The objects in one order. Helm and kustomize have orders of their own. */
function sorted(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const nameOf = ({ kind, metadata }: KubernetesObject) => {
    const { namespace, name } = Object(metadata) as Readonly<Record<string, unknown>>
    return `${kind}/${namespace}/${name}`
  }
  return objects.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

describe('the examples of rules', () => {
  it.skipIf(helm === '')('pass a template of Helm unchanged', async () => {
    const chart = 'apiVersion: v2\nname: rules\nversion: 1.0.0\n'
    const rendered = await runHelm(helm, 'template', written('templates', { 'Chart.yaml': chart }))
    expect(sorted(objectsOf(rendered))).toEqual(sorted(OBJECTS))
  })

  it.skipIf(!hasKubectl)('pass kustomize unchanged', async () => {
    const resources = OBJECTS.map((_, index) => `  - rule-${index}.yaml\n`).join('')
    const folder = written('.', { 'kustomization.yaml': `resources:\n${resources}` })
    expect(sorted(objectsOf(await kubectl('kustomize', folder)))).toEqual(sorted(OBJECTS))
  })
})
