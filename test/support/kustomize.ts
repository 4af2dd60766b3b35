import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { projectPath } from '../../docs/generate/project.ts'
import type { Manifest } from './kubernetes/api-object.ts'

/** Whether this machine has kubectl; it is no package of npm. */
export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

/** What kubectl writes to stdout. Rejects with what it says when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', [...args])
  return stdout
}

/** The objects of a kustomization; its folder is named from the project's, or absolutely. */
export async function kustomize(folder: string): Promise<readonly Manifest[]> {
  const text = await kubectl('kustomize', projectPath(folder))
  return parseAllDocuments(text).map((document): Manifest => document.toJS())
}
