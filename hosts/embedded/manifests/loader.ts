import { hashParts } from '../../../relay/model/hash.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import type { FolderLoader } from './folder.ts'
import { MAX_PROBLEMS_PER_FILE, type ObjectsInForce, settle } from './in-force.ts'
import type { ManifestError } from './manifest-error.ts'
import { notesOf } from './notes.ts'
import { type FileReading, isTooLarge, readEntry } from './read-file.ts'
import { entrySignature, type FolderEntry, isManifestFile } from './scan.ts'

/** What a manifests folder amounts to. */
export interface LoadedManifests {
  /** The valid Alerts, Providers and Silences as they came, in path order. */
  readonly manifests: readonly KubernetesObject[]
  /** When the file of each of them was changed last, in the same order; milliseconds since the epoch. */
  readonly modifiedAt: readonly number[]
  /** The Secrets; the key is `namespace/name`. */
  readonly secrets: ReadonlyMap<string, SecretData>
  readonly problems: readonly ManifestError[]
  /** Objects that are right, and that the relay does nothing with; a person should know. */
  readonly notTaken: readonly ManifestError[]
  /** What is most likely a mistake in objects that are right. */
  readonly notes: readonly ManifestError[]
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
  /** Whether the file may have changed without a different signature. */
  readonly isUncertain: boolean
}

/** Loads what a look at the folder found, and remembers which version of each object is in force. */
export class ManifestLoader implements FolderLoader<LoadedManifests> {
  readonly #cluster: string
  #cache: ReadonlyMap<string, Cached> = new Map()
  #inForce: ObjectsInForce
  #loaded: LoadedManifests | undefined

  /** `inForce`: of another loader, whose work this one takes on. */
  constructor(cluster: string, inForce: ObjectsInForce = new Map()) {
    this.#cluster = cluster
    this.#inForce = inForce
  }

  fingerprintOf(loaded: LoadedManifests): string {
    return fingerprintOf(loaded)
  }

  /** Which version of each object the last load put in force. */
  get inForce(): ObjectsInForce {
    return this.#inForce
  }

  /** Whether a file may have changed since the last load without its signature showing it. */
  get isUncertain(): boolean {
    return [...this.#cache.values()].some((cached) => cached.isUncertain)
  }

  /**
   * Reads only files whose signature differs from the last load's, or may hide a change. The same
   * object comes back when nothing changed.
   */
  async load(entries: readonly FolderEntry[]): Promise<LoadedManifests> {
    const before = this.#cache
    const cache = new Map<string, Cached>()
    for (const entry of entries) {
      const read = await this.#read(entry)
      if (read) cache.set(entry.file, read)
    }
    this.#cache = cache
    if (this.#loaded && haveSameReadings(before, cache)) return this.#loaded
    const readings = [...cache.values()].map(({ reading }) => reading)
    const { objects, problems } = settle(this.#inForce, readings)
    this.#inForce = objects
    this.#loaded = {
      ...contentsOf(objects),
      problems,
      notTaken: readings.flatMap(notTakenOf),
      notes: notesOf(readings),
      fileCount: entries.filter(isManifestFile).length,
    }
    return this.#loaded
  }

  /**
   * Reads a file. Keeps the last reading when the file is gone: the next look decides what that
   * means.
   */
  async #read(entry: FolderEntry): Promise<Cached | undefined> {
    const cached = this.#cache.get(entry.file)
    const signature = entrySignature(entry)
    if (cached?.signature === signature && !cached.isUncertain) return cached
    const startedAt = Date.now()
    const reading = await readEntry(this.#cluster, entry, cached?.reading)
    if (reading === undefined) return cached
    const isUncertain =
      isManifestFile(entry) &&
      !isTooLarge(entry) &&
      (reading.digest === undefined || Math.abs(startedAt - entry.modifiedAt) < RACY_MS)
    return { signature, reading, isUncertain }
  }
}

function haveSameReadings(
  before: ReadonlyMap<string, Cached>,
  now: ReadonlyMap<string, Cached>,
): boolean {
  if (before.size !== now.size) return false
  return [...now].every(([file, { reading }]) => before.get(file)?.reading === reading)
}

const RECEIVER_NOT_TAKEN =
  "is not used: the relay sends notifications and receives no webhooks; Receivers need Flux's notification-controller, which may run beside the relay"

function notTakenOf({ file, notTaken }: FileReading): readonly ManifestError[] {
  return notTaken.slice(0, MAX_PROBLEMS_PER_FILE).map(({ notTaken: object, position }) => ({
    file,
    ...position,
    object,
    message: RECEIVER_NOT_TAKEN,
  }))
}

function contentsOf(
  objects: ObjectsInForce,
): Pick<LoadedManifests, 'manifests' | 'modifiedAt' | 'secrets'> {
  const manifests: KubernetesObject[] = []
  const modifiedTimes: number[] = []
  const secrets = new Map<string, SecretData>()
  for (const { content, modifiedAt } of objects.values()) {
    if (content.kind === 'Secret') {
      secrets.set(content.name, content.data)
      continue
    }
    manifests.push(content.manifest)
    modifiedTimes.push(modifiedAt)
  }
  return { manifests, modifiedAt: modifiedTimes, secrets }
}

/** Names what is loaded: equal for two loads that a host need not tell apart. */
export function fingerprintOf({ manifests, secrets, problems, notTaken }: LoadedManifests): string {
  const parts = [manifests, [...secrets], problems, notTaken]
  return hashParts(...parts.map((part) => JSON.stringify(part)))
}
