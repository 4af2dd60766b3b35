import type { LoadedManifests } from '../embedded/manifests/loader.ts'
import { manifestProblemText } from '../embedded/manifests/problem.ts'
import { scanManifests } from '../embedded/manifests/scan.ts'
import { warnLine } from './output/print.ts'
import { UsageError } from './usage-error.ts'

/**
 * Loads a folder or a file of manifests. Says on stderr what is wrong in it, and what of it is
 * not taken, and rejects with `UsageError` when anything is wrong, or when nothing is there.
 */
export async function loadManifests(path: string, cluster: string): Promise<LoadedManifests> {
  // Commands without manifests, such as `ship`, start without the parsers that these need.
  const { ManifestLoader } = await import('../embedded/manifests/loader.ts')
  const loaded = await new ManifestLoader(cluster).load(await scanManifests(path))
  const { problems, notTaken, manifests } = loaded
  for (const it of [...problems, ...notTaken]) warnLine(manifestProblemText(it))
  if (problems.length > 0) throw new UsageError(`-f ${path}: ${count(problems, 'problem')}`, 1)
  if (manifests.length === 0) {
    throw new UsageError(`-f ${path}: there is no Alert or Provider in it`, 1)
  }
  return loaded
}

/** `1 problem`, `2 problems`. */
export function count(things: readonly unknown[], noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`
}
