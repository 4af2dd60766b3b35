import { type FolderEntry, isManifestFile, ROOT, scanManifests, signatureOf } from './scan.ts'

/** A folder of manifests, or a single file of them, that is loaded and then watched. */
export interface ManifestsFolder<Load> {
  /**
   * Loads the folder as it is now. What is wrong with single files or objects is in `problems`;
   * rejects with `ManifestsFolderError` when there is no such folder or it cannot be listed.
   */
  load(): Promise<Load>
  /**
   * Looks for changes every `intervalMs` milliseconds. By polling, because the places where such
   * folders lie, ConfigMap and bind mounts and network disks, report no or wrong file events.
   */
  watch(intervalMs?: number): void
  /** Ends the watch; `onChange` is not called again. */
  close(): void
}

/** Loads what a look at a folder found. */
export interface FolderLoader<Load> {
  /** The same object comes back when nothing changed. */
  load(entries: readonly FolderEntry[]): Promise<Load>
  /** Names what is loaded: equal for two loads that a host need not tell apart. */
  fingerprintOf(load: Load): string
}

export interface ManifestsFolderOptions<Load> {
  readonly path: string
  readonly loader: FolderLoader<Load>
  /**
   * Called when a look finds other objects, Secrets or problems than the last call or `load` did.
   * No look begins before it has settled; when it fails, the next look calls it again.
   */
  readonly onChange?: (loaded: Load) => void | Promise<void>
}

/** There is no folder to load. */
export class ManifestsFolderError extends Error {
  override readonly name = 'ManifestsFolderError'
}

/** A file that is being written must have held still between two looks this far apart. */
const SETTLE_MS = 100
/** A folder that never holds still is loaded all the same. */
const MAX_UNSETTLED_LOOKS = 10

export function createManifestsFolder<Load>(
  options: ManifestsFolderOptions<Load>,
): ManifestsFolder<Load> {
  return new PolledFolder(options)
}

class PolledFolder<Load> implements ManifestsFolder<Load> {
  readonly #options: ManifestsFolderOptions<Load>
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #seen: string | undefined
  #unsettledLooks = 0
  #reported: string | undefined
  #latest: Load | undefined

  constructor(options: ManifestsFolderOptions<Load>) {
    this.#options = options
  }

  load(): Promise<Load> {
    return this.#inTurn(async () => {
      const entries = await scanManifests(this.#options.path)
      const [first] = entries
      if (first && !isManifestFile(first) && first.file === ROOT && entries.length === 1) {
        const advice =
          'Name a folder or file of manifests that is there and that this user may read.'
        throw new ManifestsFolderError(`manifests: ${first.problem}. ${advice}`)
      }
      const loaded = await this.#options.loader.load(entries)
      this.#seen = signatureOf(entries)
      this.#latest = loaded
      this.#reported = this.#options.loader.fingerprintOf(loaded)
      return loaded
    })
  }

  watch(intervalMs = 1_000): void {
    clearTimeout(this.#timer)
    this.#schedule(intervalMs, intervalMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number, intervalMs: number): void {
    if (this.#isClosed) return
    const look = async () => {
      const isSettled = await this.#inTurn(() => this.#look())
      this.#schedule(isSettled ? intervalMs : Math.min(intervalMs, SETTLE_MS), intervalMs)
    }
    this.#timer = setTimeout(look, delayMs)
    this.#timer.unref()
  }

  /** Whether the folder held still since the look before. Never rejects. */
  async #look(): Promise<boolean> {
    try {
      const entries = await scanManifests(this.#options.path)
      if (!this.#holdsStill(signatureOf(entries))) return false
      await this.#report(await this.#options.loader.load(entries))
    } catch {
      // The host knows what failed, its loader or `onChange`; the next look tries it again.
    }
    return true
  }

  #holdsStill(signature: string): boolean {
    const isStill = signature === this.#seen || this.#unsettledLooks >= MAX_UNSETTLED_LOOKS
    this.#seen = signature
    this.#unsettledLooks = isStill ? 0 : this.#unsettledLooks + 1
    return isStill
  }

  async #report(loaded: Load): Promise<void> {
    if (this.#isClosed || loaded === this.#latest) return
    const fingerprint = this.#options.loader.fingerprintOf(loaded)
    if (fingerprint !== this.#reported) await this.#options.onChange?.(loaded)
    this.#reported = fingerprint
    this.#latest = loaded
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}
