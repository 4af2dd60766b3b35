import type { SecretData } from '../../../relay/model/secret.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { FolderLoader } from '../manifests/folder.ts'
import { fingerprintOf, type LoadedManifests, ManifestLoader } from '../manifests/loader.ts'
import { type FolderEntry, isManifestFile, signatureOf } from '../manifests/scan.ts'
import type { JudgedFolder, UnchangedFolder } from './messages.ts'
import type { ConfigThread } from './thread.ts'

/** A folder of at most so many bytes in at most so many files is loaded in the event loop. */
const SMALL_BYTES = 64 * 1024
const SMALL_FILES = 100

/** A load of the manifests folder; that of a large one is judged already. */
export type FolderLoad =
  | { readonly kind: 'loaded'; readonly loaded: LoadedManifests }
  | { readonly kind: 'judged'; readonly judged: JudgedFolder }

type JudgedLoad = Extract<FolderLoad, { kind: 'judged' }>

export interface FolderLoaderOptions {
  readonly cluster: string
  readonly thread: ConfigThread
  /** Secrets that the relay itself provides; see `ManifestsConfigOptions`. */
  readonly builtInSecrets: ReadonlyMap<string, SecretData>
  readonly clock: Clock
  /** Told of a load that failed, which the next look repeats. */
  readonly onFailure: (error: unknown) => void
}

/** Loads a small folder in the event loop, and one that is or was large in the thread. */
export function createFolderLoader(options: FolderLoaderOptions): FolderLoader<FolderLoad> {
  return new SizedLoader(options)
}

class SizedLoader implements FolderLoader<FolderLoad> {
  readonly #options: FolderLoaderOptions
  readonly #small: ManifestLoader
  /** What the thread loaded last, and what it had looked at. */
  #large: { readonly load: JudgedLoad; readonly seen: string | undefined } | undefined
  #inForce: Uint8Array | undefined
  #load: Extract<FolderLoad, { kind: 'loaded' }> | undefined

  constructor(options: FolderLoaderOptions) {
    this.#options = options
    this.#small = new ManifestLoader(options.cluster)
  }

  async load(entries: readonly FolderEntry[]): Promise<FolderLoad> {
    if (this.#large === undefined && isSmall(entries)) return this.#loadSmall(entries)
    const seen = signatureOf(entries)
    if (this.#large?.seen === seen) return this.#large.load
    try {
      const result = await this.#judge(entries)
      const load = this.#loadOf(result)
      this.#large = { load, seen: result.isUncertain ? undefined : seen }
      return load
    } catch (error) {
      this.#options.onFailure(error)
      throw error
    }
  }

  fingerprintOf(load: FolderLoad): string {
    return load.kind === 'judged' ? load.judged.fingerprint : fingerprintOf(load.loaded)
  }

  /** The same object for the same load. */
  async #loadSmall(entries: readonly FolderEntry[]): Promise<FolderLoad> {
    const loaded = await this.#small.load(entries)
    if (this.#load?.loaded !== loaded) this.#load = { kind: 'loaded', loaded }
    return this.#load
  }

  /** The same object for the same load. */
  #loadOf(result: JudgedFolder | UnchangedFolder): JudgedLoad {
    if (result.kind === 'judged') {
      this.#inForce = result.inForce
      return { kind: 'judged', judged: result }
    }
    if (this.#large === undefined) throw new Error('nothing was loaded that could be unchanged')
    return this.#large.load
  }

  #judge(entries: readonly FolderEntry[]): Promise<JudgedFolder | UnchangedFolder> {
    const { cluster, thread, builtInSecrets, clock } = this.#options
    // What was in force of a folder that was small is taken on.
    const inForce = this.#inForce ?? this.#small.inForce
    const now = clock.now()
    const known = this.#large?.load.judged.fingerprint
    const folder = { cluster, entries, now, builtInSecrets, inForce, known }
    return thread.run(cluster, 'loadFolder', folder)
  }
}

function isSmall(entries: readonly FolderEntry[]): boolean {
  if (entries.length > SMALL_FILES) return false
  const sizes = entries.map((entry) => (isManifestFile(entry) ? entry.size : 0))
  return sizes.reduce((sum, size) => sum + size, 0) <= SMALL_BYTES
}
