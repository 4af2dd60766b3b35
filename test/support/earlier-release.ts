import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The release whose stored forms are read, which reads what is written now, and from which the targets
 * of the benchmark are measured.
 */
export const EARLIER_COMMIT = '591c4aa'

const ROOT = resolve(import.meta.dirname, '../..')

/** Why the sources of that commit cannot be had; undefined when they can. */
export function earlierReleaseMissing(): string | undefined {
  try {
    git('cat-file', '-e', `${EARLIER_COMMIT}^{commit}`)
  } catch {
    return `this clone does not have the commit ${EARLIER_COMMIT}, or Git is not installed`
  }
  const lockFile = git('show', `${EARLIER_COMMIT}:package-lock.json`)
  const isSame = lockFile.equals(readFileSync(join(ROOT, 'package-lock.json')))
  return isSame ? undefined : `${EARLIER_COMMIT} has other dependencies than this project`
}

/** Writes its sources, which run on this project's dependencies, to a new folder. */
export function writeEarlierRelease(folder: string): void {
  mkdirSync(folder)
  const input = git('archive', '--format=tar', EARLIER_COMMIT)
  execFileSync('tar', ['-x', '-C', folder], { input })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

function git(...args: readonly string[]): Buffer {
  return execFileSync('git', args, { cwd: ROOT, stdio: 'pipe', maxBuffer: 2 ** 28 })
}
