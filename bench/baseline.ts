import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './processes.ts'
import { PROJECT } from './relay-process.ts'

/** What the targets are measured from. */
export const BASELINE_COMMIT = '591c4aa'

/** The sources of the baseline, which run on this project's dependencies; or why they cannot. */
export function checkOutBaseline(bench: Bench): { readonly project: string } | string {
  const project = join(bench.directory, 'baseline')
  try {
    git('worktree', 'add', '--detach', project, BASELINE_COMMIT)
  } catch {
    return `this clone does not have the commit ${BASELINE_COMMIT}, or Git is not installed`
  }
  bench.atEnd(() => git('worktree', 'remove', '--force', project))
  const lockFile = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (lockFile(project) !== lockFile(PROJECT)) {
    return `the commit ${BASELINE_COMMIT} has other dependencies than this project`
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'))
  return { project }
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: PROJECT, stdio: 'pipe' })
}
