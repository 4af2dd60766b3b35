import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../client/usage-error.ts'
import { ECHO_SECRET } from '../hosts/embedded/echo-secret.ts'
import type { LoadedManifests } from '../hosts/embedded/manifests/loader.ts'
import { manifestErrorText } from '../hosts/embedded/manifests/manifest-error.ts'
import { scanManifests } from '../hosts/embedded/manifests/scan.ts'
import { namespacedName } from '../relay/model/kubernetes.ts'
import { storedSecret } from '../relay/model/secret.ts'
import type { SecretStore } from '../relay/ports/secret-store.ts'
import { warnLine } from './output/print.ts'

/** What a folder or a file of manifests holds. */
export interface ReadManifests {
  readonly loaded: LoadedManifests
  /** Where each object begins, by its name such as `Alert/flux-system/on-call`. */
  readonly places: ReadonlyMap<string, { readonly file: string; readonly line: number }>
}

/** Reads a folder or a file of manifests, whatever is wrong in it. */
export async function readManifests(path: string, cluster: string): Promise<ReadManifests> {
  // Commands without manifests, such as `ship`, start without the parsers that these need.
  const { ManifestLoader } = await import('../hosts/embedded/manifests/loader.ts')
  const loader = new ManifestLoader(cluster)
  const loaded = await loader.load(await scanManifests(path))
  const places = [...loader.inForce].map(([key, { file, line }]) => [key, { file, line }] as const)
  return { loaded, places: new Map(places) }
}

/**
 * Loads a folder or a file of manifests. Says on stderr what is wrong in it, and what of it is
 * not taken, and rejects with `UsageError` when anything is wrong, or when nothing is there.
 */
export async function loadManifests(path: string, cluster: string): Promise<LoadedManifests> {
  const { loaded } = await readManifests(path, cluster)
  requireWhole(path, loaded)
  return loaded
}

/** Does what `loadManifests` does with what was read; throws `UsageError` as that does. */
export function requireWhole(path: string, loaded: LoadedManifests): void {
  const { problems, notTaken, manifests } = loaded
  for (const it of [...problems, ...notTaken]) warnLine(manifestErrorText(it))
  if (problems.length > 0) throw new UsageError(`-f ${path}: ${count(problems, 'problem')}`, 1)
  if (manifests.length === 0) {
    throw new UsageError(`-f ${path}: there is no Alert or Provider in it`, 1)
  }
}

/** How a person in the working directory names the files of a folder or a file of manifests. */
export async function namingFiles(path: string): Promise<(file: string) => string> {
  const isFolder = (await stat(path)).isDirectory()
  return (file) => (isFolder ? join(path, file) : path)
}

/** What a relay that serves the folder provides itself; only a running one knows the whole address. */
const BUILT_IN_SECRETS = new Map([[ECHO_SECRET, { address: 'http://127.0.0.1:8080/echo' }]])

/** The Secrets among manifests, and the one that a relay provides itself. */
export function secretsOf({ secrets }: LoadedManifests): SecretStore {
  return {
    async read(_, namespace, name) {
      const data = secrets.get(namespacedName({ namespace, name })) ?? BUILT_IN_SECRETS.get(name)
      return data && storedSecret(data)
    },
  }
}

/** `1 problem`, `2 problems`. */
export function count(things: readonly unknown[], noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`
}
