import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The release whose stored forms are read, which reads what is written now, and from which the targets
 * of the benchmark are measured.
 */
export const EARLIER_COMMIT = '591c4aa'

const ROOT = resolve(import.meta.dirname, '../..')

/**
 * Why the sources of that commit cannot be had; undefined when they can. Throws when they could not run
 * on the dependencies that are installed: nobody would notice that what compares both is skipped.
 */
export function earlierReleaseMissing(): string | undefined {
  try {
    git('cat-file', '-e', `${EARLIER_COMMIT}^{commit}`)
  } catch {
    return `this clone does not have the commit ${EARLIER_COMMIT}, or Git is not installed`
  }
  const manifest = git('show', `${EARLIER_COMMIT}:package.json`).toString()
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> }
  const other = Object.keys(dependencies).filter((name) => installed(name) !== dependencies[name])
  if (other.length === 0) return undefined
  throw new Error(
    `${EARLIER_COMMIT} needs other versions than are installed of ${other.join(', ')}`,
  )
}

/** The version of a package that is installed; a release may need one that this one has no use for. */
function installed(name: string): string | undefined {
  try {
    const manifest = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(manifest) as { version: string }).version
  } catch {
    return undefined
  }
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
