import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { projectPath } from '../../docs/generate/project.ts'
import type { Manifest } from './kubernetes/api-object.ts'

export const CHART = projectPath('deploy/charts/flux-relay')

/** What Helm writes to stdout. Rejects with what it says when it fails. */
export async function runHelm(helm: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(helm, [...args], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

/** The chart's YAML with these values, as Helm's `--set-json` takes each. */
export function renderChart(
  helm: string,
  values: Readonly<Record<string, unknown>> = {},
  namespace = 'flux-relay',
): Promise<string> {
  const set = Object.entries(values).flatMap(([key, value]) => [
    '--set-json',
    `${key}=${JSON.stringify(value)}`,
  ])
  return runHelm(helm, 'template', 'flux-relay', CHART, '-n', namespace, ...set)
}

/** The objects of `renderChart`. */
export async function chartObjects(
  ...args: Parameters<typeof renderChart>
): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await renderChart(...args), { version: '1.1' })
  return documents.map((document): Manifest => document.toJS()).filter(Boolean)
}
