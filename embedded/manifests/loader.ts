import { hashParts } from '../../relay/model/hash.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import { type ObjectsInForce, settle } from './in-force.ts'
import type { ManifestProblem } from './problem.ts'
import { type FileReading, readEntry } from './read-file.ts'
import type { FolderEntry } from './scan.ts'

/** What a manifests folder amounts to. */
export interface LoadedManifests {
  /** The valid Alerts and Providers as they came, in path order. */
  readonly manifests: readonly KubernetesObject[]
  /** By `namespace/name`. */
  readonly secrets: ReadonlyMap<string, SecretData>
  readonly problems: readonly ManifestProblem[]
  /** Manifest files that were found, readable or not. */
  readonly fileCount: number
}

/**
 * How old a change must be for the file's times to be sure to show the next one. Network disks keep
 * times in steps of up to two seconds.
 */
const RACY_MS = 3_000

interface Cached {
  readonly signature: string
  readonly reading: FileReading
  /** The file can change again without its signature showing it. */
  readonly isRacy: boolean
}

/** Loads what a look at the folder found, and remembers which version of each object is in force. */
export class ManifestLoader {
  readonly #cluster: string
  #cache: ReadonlyMap<string, Cached> = new Map()
  #inForce: ObjectsInForce = new Map()

  constructor(cluster: string) {
    this.#cluster = cluster
  }

  /** Reads only files whose signature differs from the last load's, or may hide a change. */
  async load(entries: readonly FolderEntry[]): Promise<LoadedManifests> {
    const cache = new Map<string, Cached>()
    const readings: FileReading[] = []
    for (const entry of entries) {
      const cached = await this.#read(entry)
      readings.push(cached.reading)
      if ('signature' in entry) cache.set(entry.file, cached)
    }
    const { objects, problems } = settle(this.#inForce, readings)
    this.#cache = cache
    this.#inForce = objects
    return loadedManifests(objects, problems, cache.size)
  }

  async #read(entry: FolderEntry): Promise<Cached> {
    const cached = this.#cache.get(entry.file)
    if ('problem' in entry) {
      const reading = await readEntry(this.#cluster, entry, undefined)
      return { signature: '', reading, isRacy: false }
    }
    const { signature, modifiedAt } = entry
    if (cached?.signature === signature && !cached.isRacy) return cached
    const isRacy = Math.abs(Date.now() - modifiedAt) < RACY_MS
    const reading = await readEntry(this.#cluster, entry, cached?.reading)
    return { signature, reading, isRacy }
  }
}

function loadedManifests(
  objects: ObjectsInForce,
  problems: readonly ManifestProblem[],
  fileCount: number,
): LoadedManifests {
  const manifests: KubernetesObject[] = []
  const secrets = new Map<string, SecretData>()
  for (const { content } of objects.values()) {
    if (content.kind === 'Secret') secrets.set(content.name, content.data)
    else manifests.push(content.manifest)
  }
  return { manifests, secrets, problems, fileCount }
}

/** Names what is loaded: equal for two loads that a host need not tell apart. */
export function fingerprintOf({ manifests, secrets, problems }: LoadedManifests): string {
  return hashParts(...[manifests, [...secrets], problems].map((part) => JSON.stringify(part)))
}
