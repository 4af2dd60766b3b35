import { fingerprintOf, type LoadedManifests, ManifestLoader } from './loader.ts'
import { entrySignature, type FolderEntry, isManifestFile, ROOT, scanManifests } from './scan.ts'

/** A folder of manifests, or a single file of them, that is loaded and then watched. */
export interface ManifestsFolder {
  /**
   * Loads the folder as it is now. What is wrong with single files or objects is in `problems`;
   * rejects with `ManifestsFolderError` when there is no such folder or it cannot be listed.
   */
  load(): Promise<LoadedManifests>
  /**
   * Looks for changes every `intervalMs` milliseconds. By polling, because the places where such
   * folders lie, ConfigMap and bind mounts and network disks, report no or wrong file events.
   */
  watch(intervalMs?: number): void
  /** Ends the watch; `onChange` is not called again. */
  close(): void
}

export interface ManifestsFolderOptions {
  readonly path: string
  readonly cluster: string
  /**
   * Called when a look finds other objects, Secrets or problems than the last call or `load` did.
   * No look begins before it has settled; when it fails, the next look calls it again.
   */
  readonly onChange?: (loaded: LoadedManifests) => void | Promise<void>
}

/** There is no folder to load. */
export class ManifestsFolderError extends Error {
  override readonly name = 'ManifestsFolderError'
}

/** A file that is being written must have held still between two looks this far apart. */
const SETTLE_MS = 100
/** A folder that never holds still is loaded all the same. */
const MAX_UNSETTLED_LOOKS = 10

export function createManifestsFolder(options: ManifestsFolderOptions): ManifestsFolder {
  return new PolledFolder(options)
}

class PolledFolder implements ManifestsFolder {
  readonly #options: ManifestsFolderOptions
  readonly #loader: ManifestLoader
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #seen: string | undefined
  #unsettledLooks = 0
  #reported: string | undefined
  #latest: LoadedManifests | undefined

  constructor(options: ManifestsFolderOptions) {
    this.#options = options
    this.#loader = new ManifestLoader(options.cluster)
  }

  load(): Promise<LoadedManifests> {
    return this.#inTurn(async () => {
      const entries = await scanManifests(this.#options.path)
      const [first] = entries
      if (first && !isManifestFile(first) && first.file === ROOT && entries.length === 1) {
        const advice = 'Create it, or name another folder or file of manifests.'
        throw new ManifestsFolderError(`manifests: ${first.problem}. ${advice}`)
      }
      const loaded = await this.#loader.load(entries)
      this.#seen = signatureOf(entries)
      this.#latest = loaded
      this.#reported = fingerprintOf(loaded)
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
      await this.#report(await this.#loader.load(entries))
    } catch {
      // Only `onChange` rejects, and its host has logged why; the next look calls it again.
    }
    return true
  }

  #holdsStill(signature: string): boolean {
    const isStill = signature === this.#seen || this.#unsettledLooks >= MAX_UNSETTLED_LOOKS
    this.#seen = signature
    this.#unsettledLooks = isStill ? 0 : this.#unsettledLooks + 1
    return isStill
  }

  async #report(loaded: LoadedManifests): Promise<void> {
    if (this.#isClosed || loaded === this.#latest) return
    const fingerprint = fingerprintOf(loaded)
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

function signatureOf(entries: readonly FolderEntry[]): string {
  return entries.map(entrySignature).join('\n')
}
